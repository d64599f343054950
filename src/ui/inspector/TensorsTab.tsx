import { useMemo } from 'react';
import type { NodeDetail, PortDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { Copyable } from './Copyable.tsx';
import { PortBadges } from './Ports.tsx';
import { subjectOf } from './tensor/subject.ts';
import { TensorView } from './tensor/TensorView.tsx';
import { TypeText } from './TypeText.tsx';

interface TensorPortProps {
  readonly app: App;
  readonly port: PortDetail;
  readonly kind: 'input' | 'output';
  readonly family: string;
}

function TensorPort({ app, port, kind, family }: TensorPortProps) {
  const tensor = useMemo(() => subjectOf(port), [port]);
  return (
    <section className="sec" aria-label={`${kind} ${port.slot}`}>
      <p className="ins-port-head">
        <span className="ins-port-slot">{port.slot}</span>
        <span className="text-105 text-ink-3">{kind}</span>
        <span className="ml-auto flex gap-1">
          <PortBadges port={port} />
        </span>
      </p>
      <Copyable app={app} text={port.name} what={`name of ${port.slot}`} className="mono ell-left ins-port-name" />
      {tensor ? (
        <div className="mt-1.5">
          <TensorView app={app} tensor={tensor} title="Values" family={family} />
        </div>
      ) : (
        <p className="mt-0.5 text-12">
          <TypeText {...port} />
        </p>
      )}
    </section>
  );
}

/** Every tensor that goes in and out; constants with their numbers, their picture and their values. */
export function TensorsTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const present = (port: PortDetail): boolean => port.value !== null;
  const computed = [...detail.inputs, ...detail.outputs].every((port) => !port.constant);
  return (
    <>
      {computed && (
        <p className="sec text-12 text-ink-2">
          No tensor here is a constant. What it computes depends on the inputs of the model; a check compares it.
        </p>
      )}
      {detail.inputs.filter(present).map((port) => (
        <TensorPort key={`in ${port.slot}`} app={app} port={port} kind="input" family={detail.family} />
      ))}
      {detail.outputs.filter(present).map((port) => (
        <TensorPort key={`out ${port.slot}`} app={app} port={port} kind="output" family={detail.family} />
      ))}
    </>
  );
}
