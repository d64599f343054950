import { plural } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { useDevices } from '../../kit/use-store.ts';
import { DeviceRow } from './DeviceRow.tsx';
import './devices.css';
import { JoinCard } from './JoinCard.tsx';

const HOW =
  'This page comes from a server that cannot reach other devices. Started with npm start, the studio lends phones and other computers of your own network for measuring.';

function Message({ title, children }: { readonly title: string; readonly children: string }) {
  return (
    <section className="card px-5 py-[18px]" aria-label={title}>
      <h2 className="h3">{title}</h2>
      <p className="mt-1.5 max-w-[64ch] text-ink-2">{children}</p>
    </section>
  );
}

/** Devices that are lent to this studio, and how one joins. */
export default function DevicesLab({ app }: { readonly app: App }) {
  const served = useDevices(app, (state) => state.served);
  const view = useDevices(app, (state) => state.view);
  if (!served) return <Message title="No devices from here">{HOW}</Message>;
  if (view?.relay === 'refused') {
    return <Message title="Not from this page">{view.refused?.message ?? ''}</Message>;
  }
  if (!view?.join) return <Message title="Connecting">The studio asks its server for devices.</Message>;
  const { devices, join, relay } = view;
  return (
    <>
      {relay === 'lost' && (
        <Message title="The server does not answer">
          It is asked again and again. If it was ended, start it anew; devices then join with a new code.
        </Message>
      )}
      <JoinCard app={app} join={join} />
      <section className="card px-[18px] py-3.5" aria-label="Lent devices">
        <h2 className="h3">
          Lent devices <span className="text-11 font-regular text-ink-3">{plural(devices.length, 'device')}</span>
        </h2>
        {devices.length === 0 ? (
          <p className="mt-1.5 max-w-[64ch] text-ink-2">
            None yet. A device that has joined stands here with what it can do; choose it, and Speed measures on it.
          </p>
        ) : (
          <ul className="mt-1">
            {devices.map((device) => (
              <DeviceRow key={device.id} app={app} device={device} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
