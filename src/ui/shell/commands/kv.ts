import type { App } from '../../../state/app.ts';
import type { KvState } from '../../../state/kv-store.ts';
import { busy, unless, type Command } from './command.ts';

const isTalking = ({ talks }: KvState): boolean =>
  talks.left?.status === 'running' || talks.right?.status === 'running';

/** Why nothing can be asked of a decoder; null: it can. */
function lacks({ view }: KvState): string | null {
  if (!view) return 'The cache has not been looked at: open the KV workspace.';
  return view.result.reason;
}

/** Texts and measurements in the KV workspace. */
export function kvCommands(app: App): readonly Command[] {
  const { actions, kv } = app;
  const state = kv.getState();
  const group = 'KV cache' as const;
  const running = isTalking(state);
  const measuring = state.measured?.status === 'running';
  const go = (work: () => Promise<unknown>) => (): void => {
    actions.setWorkspace('kv');
    void work();
  };
  return [
    {
      id: 'kv talk',
      group,
      title: 'Run the prompt under both policies',
      refusal: lacks(state) ?? (running ? 'Texts are being written.' : busy(app)),
      run: go(actions.talk),
    },
    {
      id: 'kv stop',
      group,
      title: 'Stop both texts',
      refusal: unless(running, 'No text is being written.'),
      run: () => actions.stopTalk(),
    },
    {
      id: 'kv measure',
      group,
      title: 'Measure perplexity under each policy',
      refusal:
        lacks(state) ??
        (state.measuring.text === null ? 'There is no text to read: give one in the KV workspace.' : busy(app)),
      run: go(actions.measurePolicies),
    },
    {
      id: 'kv cancel',
      group,
      title: 'Cancel the measurement of policies',
      refusal: unless(measuring, 'None is at work.'),
      run: actions.cancelMeasure,
    },
    {
      id: 'kv simulate',
      group,
      title: 'Simulate many requests in one memory',
      refusal: lacks(state) ?? unless((state.view?.result.decoder?.layers ?? null) !== null, 'No cache can be had.'),
      run: go(actions.simulate),
    },
  ];
}
