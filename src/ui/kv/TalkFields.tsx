import { Play, Square } from 'lucide-react';
import { useId } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { RuntimeBackend } from '../../runtime/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDocument, useKv } from '../kit/use-store.ts';
import { FaultLine } from '../prune/fields.tsx';
import { Optional } from '../search/fields.tsx';
import { Decimal, OneOf } from '../train/fields.tsx';

const BACKENDS: readonly (readonly [RuntimeBackend, string])[] = [
  ['wasm', 'WASM'],
  ['webgpu', 'WebGPU'],
];

/** What turns text into ids, and the ways to another one. */
function TokenizerLine({ app, disabled }: { readonly app: App; readonly disabled: boolean }) {
  const tokenizer = useKv(app, (state) => state.view?.result.tokenizer ?? null);
  const vocabulary = useKv(app, (state) => state.view?.result.decoder?.vocabulary ?? null);
  const error = useKv(app, (state) => state.tokenizerError);
  const { giveTokenizer } = app.actions;
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-11 text-ink-2">
      <span className="num">
        {tokenizer
          ? `${tokenizer.given ? 'Tokenizer given' : 'The model’s tokenizer'}: ${tokenizer.name}, ${formatInteger(tokenizer.vocabulary)} tokens`
          : 'The model names no tokenizer: give its own, or write ids.'}
        {tokenizer && vocabulary !== null && tokenizer.vocabulary !== vocabulary && (
          <span className="text-warning"> · the model has {formatInteger(vocabulary)}</span>
        )}
      </span>
      <FileButton
        label="Tokenizer file"
        accept=".json,.bin,.model"
        disabled={disabled}
        onFiles={([file]) => void (file && giveTokenizer(file))}
      >
        Tokenizer…
      </FileButton>
      <Button size="small" variant="ghost" disabled={disabled} onClick={() => void giveTokenizer('bytes')}>
        Bytes
      </Button>
      {tokenizer?.given && (
        <Button size="small" variant="ghost" disabled={disabled} onClick={() => void giveTokenizer(null)}>
          Take it back
        </Button>
      )}
      {error && <FaultLine>{error.message}</FaultLine>}
    </div>
  );
}

/** What both texts are asked alike. */
export function TalkFields({ app, running }: { readonly app: App; readonly running: boolean }) {
  const setup = useKv(app, (state) => state.setup);
  const hasTokenizer = useKv(app, (state) => (state.view ? state.view.result.tokenizer !== null : true));
  const webgpu = useDocument(app, (state) => state.capabilities?.webgpu ?? null);
  const id = useId();
  const set = app.actions.changeTalk;
  const paged = useKv(app, ({ chosen }) => chosen.left === 'paged' || chosen.right === 'paged');
  return (
    <div className="flex flex-col gap-2 px-4 py-3">
      <div className="flex items-end gap-3">
        <div className="min-w-0 grow">
          <label htmlFor={id} className="mb-[3px] block text-11 text-ink-3">
            {hasTokenizer ? 'Prompt' : 'Prompt, as token ids'}
          </label>
          <textarea
            id={id}
            className="kv-prompt"
            rows={2}
            spellCheck={false}
            disabled={running}
            value={setup.prompt}
            onChange={(event) => set({ prompt: event.target.value })}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              void app.actions.talk();
            }}
          />
        </div>
        {running ? (
          <Button icon={Square} onClick={() => app.actions.stopTalk()}>
            Stop both
          </Button>
        ) : (
          <Button variant="primary" icon={Play} onClick={() => void app.actions.talk()}>
            Run both
          </Button>
        )}
      </div>
      <div className="kv-fields">
        <Decimal
          label="Tokens"
          value={setup.tokens}
          min={1}
          max={100_000}
          whole
          disabled={running}
          onChange={(tokens) => set({ tokens })}
        />
        <Decimal
          label="Temperature"
          title="0 takes the likeliest token"
          value={setup.temperature}
          min={0}
          max={100}
          disabled={running}
          onChange={(temperature) => set({ temperature })}
        />
        <Optional
          label="Top-k"
          title="Draw from so many of the likeliest tokens"
          unit=""
          value={setup.topK}
          min={1}
          max={2 ** 31 - 1}
          disabled={running}
          onChange={(topK) => set({ topK: topK === null ? null : Math.round(topK) })}
        />
        <Optional
          label="Top-p"
          title="Draw from the likeliest tokens that have this probability together"
          unit=""
          value={setup.topP}
          min={0}
          max={1}
          disabled={running}
          onChange={(topP) => set({ topP })}
        />
        <Decimal
          label="Seed"
          title="The same seed draws alike on both sides"
          value={setup.seed}
          min={0}
          max={2 ** 31 - 1}
          whole
          disabled={running}
          onChange={(seed) => set({ seed })}
        />
        <OneOf
          label="Runs on"
          value={setup.backend}
          options={webgpu ? BACKENDS : BACKENDS.slice(0, 1)}
          disabled={running}
          onChange={(backend) => set({ backend })}
        />
        {paged && (
          <Optional
            label="Blocks"
            title="The most blocks of the pool; without a number it grows as it has to. Blocks of earlier texts go first."
            unit=""
            value={setup.blocks}
            min={1}
            max={2 ** 20}
            disabled={running}
            onChange={(blocks) => set({ blocks: blocks === null ? null : Math.round(blocks) })}
          />
        )}
      </div>
      <TokenizerLine app={app} disabled={running} />
    </div>
  );
}
