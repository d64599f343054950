import { expect, test, vi } from 'vitest';
import { takeLaunched } from './launch-files.ts';

type Consumer = (launch: { readonly files: readonly FileSystemFileHandle[] }) => void;

const handle = (name: string): FileSystemFileHandle =>
  ({ getFile: () => Promise.resolve(new File(['x'], name)) }) as unknown as FileSystemFileHandle;

test('files that the system hands over are opened together; a plain start opens nothing', async () => {
  let consumer: Consumer = () => {};
  const open = vi.fn<(files: readonly File[]) => void>();
  takeLaunched(open, { launchQueue: { setConsumer: (given) => void (consumer = given) } });
  consumer({ files: [] });
  consumer({ files: [handle('m.onnx'), handle('m.onnx.data')] });
  await vi.waitFor(() => expect(open).toHaveBeenCalled());
  expect(open.mock.calls.map(([files]) => files.map((file) => file.name))).toEqual([['m.onnx', 'm.onnx.data']]);
});

test('a browser that hands no files over is left alone', () => {
  expect(() => takeLaunched(() => {}, {})).not.toThrow();
});
