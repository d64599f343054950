import type { Progress } from '../base/job.ts';
import type { StudioHello } from './messages.ts';
import type { DevicesView } from './studio-end.ts';

interface Row<Params, Result, P extends Progress = Progress> {
  readonly params: Params;
  readonly progress: P;
  readonly result: Result;
}

/** What is known of the devices, each time that it changes. */
export interface DevicesProgress extends Progress {
  readonly view: DevicesView;
}

/** What the worker that talks to lent devices serves to the page. */
export interface DevicesApi {
  /** Connects to the relay at this address; ends when it is cancelled. */
  watch: Row<{ relay: string } & Pick<StudioHello, 'studio' | 'token'>, null, DevicesProgress>;
  newCode: Row<null, null>;
  rename: Row<{ device: number; name: string }, null>;
  remove: Row<{ device: number }, null>;
  /** The network is back. */
  wake: Row<null, null>;
}

/** Outside the calls: at `port`, a device is called. */
export interface AttachMessage {
  readonly kind: 'attach';
  readonly device: number;
  readonly port: MessagePort;
}
