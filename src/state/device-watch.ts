/** What the device is at, as far as the browser tells. */
export interface DeviceState {
  /** The tab is in the background. */
  readonly hidden: boolean;
  /** Charge from 0 to 1 while it runs on battery; null: it does not, or the browser does not tell. */
  readonly battery: number | null;
  /** Compute pressure (W3C, Compute Pressure): null where the browser does not tell. */
  readonly pressure: 'nominal' | 'fair' | 'serious' | 'critical' | null;
}

/** The browser's news of the device. */
export interface DeviceWatch {
  state(): DeviceState;
  /** Told at each change; gives back what ends that. */
  onChange(listener: () => void): () => void;
}

export const AT_REST: DeviceState = { hidden: false, battery: null, pressure: null };

/** A device that nothing is told of. */
export const UNWATCHED: DeviceWatch = { state: () => AT_REST, onChange: () => () => {} };

/** What makes times worth less, in sentences: each says what to do. */
export function deviceWarnings({ hidden, battery, pressure }: DeviceState): readonly string[] {
  return [
    ...(hidden ? ['The tab was hidden: browsers slow hidden tabs down. Keep it in front while it measures.'] : []),
    ...(battery === null
      ? []
      : [`The device runs on battery (${Math.round(100 * battery)} %) and may save power. Plug it in.`]),
    ...(pressure === 'serious' || pressure === 'critical'
      ? [`The processor is under pressure (${pressure}), by heat or by other work. Let it rest first.`]
      : []),
  ];
}

/**
 * Gathers every warning until it is ended. Pressure counts as it was at the beginning: a measurement puts the processor
 * under pressure itself.
 */
export function watchWarnings(watch: DeviceWatch): () => readonly string[] {
  const seen = new Map<keyof DeviceState, string>();
  const look = (...kinds: readonly (keyof DeviceState)[]): void => {
    const state = watch.state();
    for (const kind of kinds) {
      const [warning] = deviceWarnings({ ...AT_REST, [kind]: state[kind] });
      // The charge falls while a long measurement runs: the first figure is enough.
      if (warning !== undefined && !seen.has(kind)) seen.set(kind, warning);
    }
  };
  look('hidden', 'battery', 'pressure');
  const end = watch.onChange(() => look('hidden', 'battery'));
  return () => {
    end();
    return [...seen.values()];
  };
}
