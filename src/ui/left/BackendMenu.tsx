import { SlidersHorizontal } from 'lucide-react';
import { Popover } from 'radix-ui';
import type { Backend } from '../../rewrite/pass.ts';
import type { App } from '../../state/app.ts';
import { IconButton, Segments } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

export const BACKEND_NAMES: Readonly<Record<Backend, string>> = {
  wasm: 'WASM',
  webgpu: 'WebGPU',
  portable: 'any runtime',
};

const OPTIONS = [
  { value: 'wasm', label: 'WASM' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'portable', label: 'Portable' },
] as const;

const MEANINGS: Readonly<Record<Backend, string>> = {
  wasm: 'Passes may make operators that ONNX Runtime has for the CPU.',
  webgpu: 'Passes may make operators that ONNX Runtime has for WebGPU.',
  portable: 'Only ai.onnx operators: the result runs on any runtime.',
};

/** What the graph is made for: which passes may be used follows from it. */
export function BackendMenu({ app }: { readonly app: App }) {
  const backend = useDocument(app, (state) => state.document?.backend ?? 'wasm');
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton icon={SlidersHorizontal} size="small" iconSize={13} label="What the model is made for" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={6} className="pop z-40 w-[268px] p-3.5">
          <h3 className="h4 mb-2">Made for</h3>
          <Segments
            label="Backend"
            value={backend}
            options={OPTIONS}
            stretch
            className="flex"
            onChange={(next) => void app.actions.setBackend(next)}
          />
          <p className="mt-2.5 text-11 text-ink-2">{MEANINGS[backend]}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
