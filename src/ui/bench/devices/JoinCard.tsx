import { RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { JoinCode, JoinInfo } from '../../../remote/messages.ts';
import type { App } from '../../../state/app.ts';
import { Button } from '../../kit/controls.tsx';
import { useDevices } from '../../kit/use-store.ts';
import { QrCode } from './QrCode.tsx';

/** Seconds until a moment, once a second; never below 0. */
function useSecondsUntil(moment: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((moment - now) / 1000));
}

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

function Code({
  app,
  code,
  ends,
}: {
  readonly app: App;
  readonly code: JoinCode | null;
  readonly ends: number | null;
}) {
  const left = useSecondsUntil(ends ?? 0);
  const isLive = code !== null && left > 0;
  return (
    <div>
      <h3 className="text-11 text-ink-3">Code, for one device</h3>
      {isLive ? (
        <p className="num mt-1 flex items-baseline gap-3">
          <output className="devices-code" aria-label="Code">
            {code.code}
          </output>
          <span className="text-11 text-ink-3">{clock(left)} left</span>
        </p>
      ) : (
        <p className="mt-1 text-ink-2">{code ? 'The last code is too old.' : 'A code lets one device join.'}</p>
      )}
      <Button
        size="small"
        variant={isLive ? 'plain' : 'primary'}
        icon={RefreshCw}
        className="mt-2.5"
        onClick={() => void app.actions.newDeviceCode()}
      >
        New code
      </Button>
    </div>
  );
}

function Certificate({ fingerprint }: { readonly fingerprint: string | null }) {
  if (fingerprint === null) {
    return (
      <p className="mt-3 max-w-[64ch] text-ink-2">
        Plain http: the device lends one WASM thread, without WebGPU. Start the studio without{' '}
        <code className="mono">--http</code> for all that it has.
      </p>
    );
  }
  return (
    <details className="mt-3 max-w-[64ch] text-ink-2">
      <summary>The browser on the device warns once: this machine made the certificate itself.</summary>
      <p className="mt-1.5">Go on where the certificate that it shows has this SHA-256:</p>
      <p className="mono mt-1 text-11 break-all select-text">{fingerprint}</p>
    </details>
  );
}

/** Served on loopback alone: how to let devices in. */
function Closed({ address }: { readonly address: string }) {
  const port = new URL(address).port;
  return (
    <>
      <p className="mt-1.5 max-w-[64ch] text-ink-2">
        The studio is served to this machine alone. Start it with <code className="mono">npm start -- --host</code>, and
        devices of the local network can join.
      </p>
      <p className="mt-2 max-w-[64ch] text-ink-2">
        An Android device on a USB cable can join now: run{' '}
        <code className="mono">
          adb reverse tcp:{port} tcp:{port}
        </code>
        , then open <code className="mono select-text">{address}</code> on it.
      </p>
    </>
  );
}

/** Where a device joins, and its code. */
export function JoinCard({ app, join }: { readonly app: App; readonly join: JoinInfo }) {
  const code = useDevices(app, (state) => state.view?.code ?? null);
  const ends = useDevices(app, (state) => state.codeEnds);
  const [best] = join.addresses;
  if (best === undefined) return null;
  return (
    <section className="card px-[18px] py-3.5" aria-label="Lend a device">
      <h2 className="h3">Lend a device</h2>
      <div className="devices-join">
        <div className="min-w-0">
          {join.open ? (
            <>
              <p className="mt-1.5 max-w-[64ch] text-ink-2">
                Open this on a phone or another computer in the same network: by the QR code, or by hand. Models go
                there directly, and nowhere else.
              </p>
              <ul className="mt-2.5">
                {join.addresses.map((address) => (
                  <li key={address} className="mono text-13 leading-6 break-all select-text">
                    {address}
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <Closed address={best} />
          )}
          <div className="mt-4">
            <Code app={app} code={code} ends={ends} />
          </div>
          {join.open && <Certificate fingerprint={join.fingerprint} />}
        </div>
        {join.open && code && <QrCode text={`${best}#${code.code}`} label={`QR code of ${best} with the code`} />}
      </div>
    </section>
  );
}
