import { placeName } from '../../base/backends.ts';
import type { BenchRequest, LoadOptions } from '../../bench/types.ts';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { Capabilities, OptimizationLevel, RuntimeBackend } from '../../runtime/types.ts';
import type { JobView } from '../../state/jobs.ts';

/** What is to be timed and how, as chosen on the page. `b` null: `a` alone. */
export interface Setup {
  readonly backend: RuntimeBackend;
  readonly runs: number;
  readonly a: CompareSide;
  readonly b: CompareSide | null;
  readonly level: OptimizationLevel;
  readonly rounds: number;
  /** Goes on until the interval is narrow. */
  readonly settle: boolean;
  /** Measures memory too. */
  readonly heap: boolean;
  /** Session options of each. */
  readonly options: { readonly a: LoadOptions; readonly b: LoadOptions };
  /** Ids of settings that take turns; empty: one setting, as chosen. */
  readonly several: readonly string[];
}

export const FIRST: Omit<Setup, 'a' | 'b'> = {
  backend: 'wasm',
  runs: 60,
  level: 'all',
  rounds: 3,
  settle: true,
  heap: true,
  options: { a: {}, b: {} },
  several: [],
};

/** What the measurements of the page share: where they run, and which of them is at work. */
export interface Measuring {
  readonly backend: 'wasm' | 'webgpu';
  readonly threads: number;
  /** The WebGPU adapter is no graphics card. */
  readonly software: boolean;
  readonly job: JobView | null;
}

export const SOFTWARE = 'This WebGPU adapter is software: its times say nothing about a graphics card.';

export const RUN_CHOICES = [30, 60, 120, 240, 480] as const;

interface Here {
  readonly stops: number;
  readonly hasSecond: boolean;
  readonly capabilities: Pick<Capabilities, 'webgpu' | 'webnn' | 'maxThreads'> | null;
}

/** What was chosen may be gone after undo, another recipe or another file: the nearest that is here. */
export function fitSetup(setup: Setup, here: Here): Setup {
  const last = Math.max(0, here.stops - 1);
  const fit = (side: CompareSide): CompareSide =>
    side === 'second' ? (here.hasSecond ? side : last) : Math.min(side, last);
  const settings = new Set(settingsHere(here.capabilities).map(({ id }) => id));
  return {
    ...setup,
    a: fit(setup.a),
    b: setup.b === null ? null : fit(setup.b),
    backend: hasBackend(here.capabilities, setup.backend) ? setup.backend : 'wasm',
    several: setup.several.filter((id) => settings.has(id)),
  };
}

export const hasBackend = (capabilities: Here['capabilities'], backend: RuntimeBackend): boolean =>
  backend === 'wasm' ||
  (backend === 'webgpu' && capabilities?.webgpu != null) ||
  (backend === 'webnn' && capabilities?.webnn != null);

/** A backend with its threads. */
export interface Setting {
  readonly id: string;
  readonly title: string;
  readonly backend: RuntimeBackend;
  readonly threads: number;
}

/** Every setting that this device has: WASM on 1, 2, 4, … and all threads, then the others. */
export function settingsHere(capabilities: Here['capabilities']): readonly Setting[] {
  const most = capabilities?.maxThreads ?? 1;
  const counts = new Set([1, 2, 4, 8, 16, 32].filter((count) => count < most).concat(most));
  const setting = (backend: RuntimeBackend, threads: number): Setting => ({
    id: `${backend} ${threads}`,
    title: placeName(backend, threads),
    backend,
    threads,
  });
  return [
    ...[...counts].map((count) => setting('wasm', count)),
    ...(['webgpu', 'webnn'] as const)
      .filter((backend) => hasBackend(capabilities, backend))
      .map((backend) => setting(backend, 1)),
  ];
}

const WITHIN = 0.015;
const isEmpty = (options: LoadOptions): boolean => Object.keys(options).length === 0;

/** What is asked of the measurement, but for backend and threads. */
export function requestOf({ runs, level, rounds, settle, heap, options }: Setup): Partial<BenchRequest> {
  return {
    runs,
    level,
    rounds,
    heap,
    // More runs take more time.
    budgetMs: Math.max(20_000, runs * 300),
    within: settle ? WITHIN : Infinity,
    ...(isEmpty(options.a) && isEmpty(options.b) ? {} : { loads: options }),
  };
}

/** `key=value` lines of session config entries; null: a line that is none. */
export function readEntries(text: string): Readonly<Record<string, string>> | null {
  const entries: [string, string][] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at < 1) return null;
    entries.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
  }
  return Object.fromEntries(entries);
}

export const writeEntries = (config: Readonly<Record<string, string>> = {}): string =>
  Object.entries(config)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');

/** A load option set, or left to the runtime. */
export function withOption<K extends keyof LoadOptions>(
  options: LoadOptions,
  key: K,
  value: LoadOptions[K] | undefined,
): LoadOptions {
  const { [key]: _, ...rest } = options;
  return value === undefined ? rest : { ...rest, [key]: value };
}

/** `prepacking off · level basic`; '' where nothing is set. */
export function optionsText({ level, config, arena, memoryPattern, layout, webnnDevice }: LoadOptions): string {
  return [
    ...(level ? [`level ${level}`] : []),
    ...(arena === undefined ? [] : [`memory arena ${arena ? 'on' : 'off'}`]),
    ...(memoryPattern === undefined ? [] : [`memory pattern ${memoryPattern ? 'on' : 'off'}`]),
    ...(layout ? [`layout ${layout}`] : []),
    ...(webnnDevice ? [`WebNN on ${webnnDevice}`] : []),
    ...Object.entries(config ?? {}).map(([key, value]) => `${key}=${value}`),
  ].join(' · ');
}
