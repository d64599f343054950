import { CodedError } from '../../base/error.ts';
import { describePort, sameDims } from '../../data/fit.ts';
import { readNpy } from '../../data/npy.ts';
import { readNpz } from '../../data/npz.ts';
import type { DataFile, InputPort } from '../../data/types.ts';
import { readTensorProto } from '../../onnx/read.ts';
import type { Feeds, HostTensor } from '../../runtime/types.ts';
import type { NamedFeeds } from '../../verify/cases.ts';

/** What a model takes and gives, by name. */
export interface Interface {
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly string[];
}

export interface Recorded {
  readonly cases: readonly NamedFeeds[];
  readonly notes: readonly string[];
}

/** Whole inputs by name: ONNX test data, `.npz`, `.npy` files called as the inputs; null: the files are something else. */
export async function readRecorded(files: readonly DataFile[], model: Interface): Promise<Recorded | null> {
  if (files.some(({ name }) => TEST_DATA.exec(name)?.[2] === 'input')) return readTestData(files, model);
  const all = (pattern: RegExp): boolean => files.length > 0 && files.every(({ name }) => pattern.test(name));
  if (all(/\.npz$/i)) return readArchives(files, model);
  if (all(/\.npy$/i) && files.some(({ name }) => model.inputs.some((input) => isCalled(input.name, stemOf(name))))) {
    return readArrays(files, model);
  }
  return null;
}

const TEST_DATA = /^(.*\/)?(input|output)_(\d+)\.pb$/;
const stemOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
/** As a name stands in an archive: slashes would be folders there. */
const isCalled = (input: string, name: string): boolean => input === name || input.replaceAll(/[\\/]/g, '_') === name;

interface NumberedTensor {
  readonly index: number;
  readonly file: string;
  readonly name: string;
  readonly tensor: HostTensor;
}

/** `input_0.pb`, `output_0.pb`, … in folders of their own; each names its port, or stands in the order of the ports. */
async function readTestData(files: readonly DataFile[], model: Interface): Promise<Recorded> {
  const sets = new Map<string, { input: NumberedTensor[]; output: NumberedTensor[] }>();
  for (const file of files) {
    const [, folder = '', kind, number] = TEST_DATA.exec(file.name) ?? [];
    if (kind === undefined) continue;
    const set = sets.get(folder) ?? { input: [], output: [] };
    sets.set(folder, set);
    set[kind as 'input' | 'output'].push(await decoded(file, Number(number)));
  }
  const ordered = [...sets].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  let byOrder = false;
  const cases = ordered.map(([folder, { input, output }]): NamedFeeds => {
    const name = folder.replace(/\/$/, '').split('/').at(-1) || 'test data';
    const feeds = placed(
      input,
      model.inputs.map((port) => port.name),
    );
    const expected = placed(output, model.outputs);
    byOrder ||= feeds.byOrder || expected.byOrder;
    checkFeeds(name, feeds.tensors, model);
    return { name, feeds: feeds.tensors, ...(output.length > 0 ? { expected: expected.tensors } : {}) };
  });
  return { cases, notes: byOrder ? ['Recorded tensors without the name of a port were taken in their order.'] : [] };
}

async function decoded(file: DataFile, index: number): Promise<NumberedTensor> {
  const { name, tensor } = readTensorProto(await file.bytes());
  const { dtype, shape } = tensor;
  const data = dtype === 'string' ? tensor.strings().map((each) => new TextDecoder().decode(each)) : tensor.read();
  return { index, file: file.name, name, tensor: { dtype, shape, data } };
}

/** By name; those that no port is called after, by their number. Throws where there is no such port. */
function placed(tensors: readonly NumberedTensor[], ports: readonly string[]): { tensors: Feeds; byOrder: boolean } {
  const found: Record<string, HostTensor> = {};
  let byOrder = false;
  for (const { index, file, name, tensor } of tensors) {
    const own = ports.includes(name) ? name : ports[index];
    if (own === undefined || (own !== name && tensors.some((each) => each.name === own))) {
      throw new CodedError(
        'bad-request',
        `${file} is for "${name}"; the model has ${ports.length === 0 ? 'no such port' : ports.join(', ')}. Give test data of this model.`,
        { file },
      );
    }
    if (own !== name) byOrder = true;
    found[own] = tensor;
  }
  return { tensors: found, byOrder };
}

/** Each archive is one set of inputs; null: one archive of rows, which is a data set. */
async function readArchives(files: readonly DataFile[], model: Interface): Promise<Recorded | null> {
  const cases: NamedFeeds[] = [];
  for (const file of files) {
    const arrays = readNpz(file.name, await file.bytes());
    const feeds = named(arrays, model);
    const whole = model.inputs.every(({ name, shape }) => {
      const tensor = feeds[name];
      return tensor !== undefined && (shape === null || sameDims(shape, tensor.shape));
    });
    if (!whole && files.length === 1 && (arrays.size === 1 || model.inputs.every(({ name }) => feeds[name]))) {
      return null;
    }
    checkFeeds(file.name, feeds, model, [...arrays.keys()]);
    cases.push({ name: stemOf(file.name), feeds });
  }
  return { cases, notes: [] };
}

async function readArrays(files: readonly DataFile[], model: Interface): Promise<Recorded> {
  const arrays = new Map<string, HostTensor>();
  for (const file of files) arrays.set(stemOf(file.name), readNpy(file.name, await file.bytes()));
  const feeds = named(arrays, model);
  const name = files.map((file) => file.name).join(', ');
  checkFeeds(name, feeds, model, [...arrays.keys()]);
  return { cases: [{ name: files.length === 1 ? stemOf(name) : `${files.length} arrays`, feeds }], notes: [] };
}

const named = (arrays: ReadonlyMap<string, HostTensor>, { inputs }: Interface): Feeds =>
  Object.fromEntries(
    inputs.flatMap((input): [string, HostTensor][] => {
      const found = [...arrays].find(([name]) => isCalled(input.name, name));
      return found ? [[input.name, found[1]]] : [];
    }),
  );

/** Every input has a tensor of its type and sizes. */
function checkFeeds(where: string, feeds: Feeds, { inputs }: Interface, have = Object.keys(feeds)): void {
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (!tensor) {
      throw new CodedError(
        'bad-request',
        `${where} has nothing for the input ${describePort(input)}; it has ${have.join(', ') || 'no tensor'}. Name the arrays as the inputs.`,
        { input: input.name },
      );
    }
    const fits = input.shape === null || sameDims(input.shape, tensor.shape);
    if (tensor.dtype === input.dtype && fits) continue;
    throw new CodedError(
      'bad-request',
      `${where} has ${tensor.dtype} [${tensor.shape.join(', ')}] for the input ${describePort(input)}. Give it in that type and shape.`,
      { input: input.name },
    );
  }
}
