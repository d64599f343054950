import type { App } from '../../state/app.ts';
import { useDocument } from '../kit/use-store.ts';

/** Where the WebGPU adapter of this page is software, it is named as such beside whatever runs on it. */
export function SoftwareNote({ app }: { readonly app: App }) {
  const software = useDocument(app, ({ capabilities }) => capabilities?.webgpu?.software === true);
  return (
    software && (
      <p className="w-full text-11 text-warning">This WebGPU adapter is software: slow, and no graphics card.</p>
    )
  );
}
