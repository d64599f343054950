import { CodedError } from '../base/error.ts';
import { serve } from '../protocol/server.ts';
import type { Endpoint } from '../protocol/wire.ts';
import type { AttachMessage, DevicesApi } from '../remote/devices-api.ts';
import { StudioEnd } from '../remote/studio-end.ts';

const scope = globalThis as unknown as Endpoint;
let end: StudioEnd | null = null;

function connected(): StudioEnd {
  if (!end) throw new CodedError('bad-request', 'The studio is not connected to its relay.');
  return end;
}

serve<DevicesApi>(scope, {
  watch({ relay, ...hello }, job) {
    end?.stop();
    const mine = new StudioEnd(
      () => new WebSocket(relay),
      hello,
      (view) => job.progress({ stage: view.relay, view } as DevicesApi['watch']['progress']),
    );
    end = mine;
    return new Promise((resolve) => {
      job.signal.addEventListener('abort', () => {
        mine.stop();
        if (end === mine) end = null;
        resolve(null);
      });
    });
  },
  newCode() {
    connected().newCode();
    return null;
  },
  rename({ device, name }) {
    connected().rename(device, name);
    return null;
  },
  remove({ device }) {
    connected().remove(device);
    return null;
  },
  wake() {
    end?.wake();
    return null;
  },
});

scope.addEventListener('message', (event) => {
  const message = event.data as AttachMessage;
  if (message.kind === 'attach') connected().attach(message.device, message.port);
});
