import type { Family } from '../../base/families.ts';
import type { Bound, ProfileRow, ProfileView, Timeless } from './types.ts';

export type Grouping = 'operator' | 'node' | 'block';

/** One line of the table; lists have an entry for each profile, before first. */
export interface ProfileLine {
  readonly key: string;
  readonly label: string;
  /** `1×1 expand`; what moves data for it; '' where there is nothing to say. */
  readonly detail: string;
  /** Null: blocks, and time between operators. */
  readonly family: Family | null;
  /** Null: the group is not in that profile. */
  readonly calls: readonly (number | null)[];
  readonly ms: readonly (number | null)[];
  /** A change of this many ms or less is no more than what the turns of the profiles differ by. */
  readonly noise: number;
  /** Of the last profile that knows it. */
  readonly gflops: number | null;
  /** Node to go to, and the profile that it is of; null: several, or none. */
  readonly node: { readonly id: number; readonly profile: number } | null;
  readonly bound: Bound | null;
}

export const BETWEEN = 'between operators';

/** A row with the profile that it is of. */
interface Placed {
  readonly row: ProfileRow;
  readonly profile: number;
}

/** Time by operator, node or block, the most first; what lies between operators stands last. */
export function linesOf(profiles: readonly ProfileView[], by: Grouping): readonly ProfileLine[] {
  const placed = profiles.flatMap(({ rows }, profile) =>
    rows.filter(({ ms }) => ms !== null).map((row): Placed => ({ row, profile })),
  );
  const keyOf = by === 'node' ? nodeKeys(placed) : by === 'block' ? blockKey : operatorKey;
  const groups = new Map<string, Placed[]>();
  for (const each of placed) {
    const key = keyOf(each);
    const members = groups.get(key) ?? [];
    groups.set(key, members);
    members.push(each);
  }
  const lines = Array.from(groups, ([key, members]) => lineOf(key, members, by, profiles.length));
  const timeless = by === 'node' ? timelessLines(profiles) : [];
  return [...lines.sort((a, b) => mostOf(b) - mostOf(a)), betweenLine(profiles), ...timeless];
}

/** Nodes of the last profile that have no time of their own, with what became of them. */
function timelessLines(profiles: readonly ProfileView[]): ProfileLine[] {
  const last = profiles.length - 1;
  return (profiles[last]?.rows ?? []).flatMap(({ node, label, family, timeless }): ProfileLine[] => {
    if (!timeless || node === null) return [];
    const none = profiles.map(() => null);
    const detail = timelessText(timeless);
    const nothing = { calls: none, ms: none, noise: 0, gflops: null, bound: null };
    return [{ key: `timeless ${node}`, label, detail, family, node: { id: node, profile: last }, ...nothing }];
  });
}

const timelessText = (timeless: Timeless): string =>
  timeless.kind === 'inside'
    ? `computed inside ${timeless.label}`
    : timeless.kind === 'on-load'
      ? 'computed when the model is loaded'
      : 'no time of its own';

const mostOf = ({ ms }: ProfileLine): number => Math.max(...ms.map((each) => each ?? 0));

const operatorKey = ({ row }: Placed): string => `${row.ranAs ?? row.op} ${row.kind}`;
const blockKey = ({ row }: Placed): string => row.scope.join('/');

/**
 * Nodes of both profiles that stand for nodes of the opened model in common are one line: what one of them fuses, the
 * other may run apart. Rows without ancestors in common stand alone, those of different files by name.
 */
function nodeKeys(placed: readonly Placed[]): (each: Placed) => string {
  const parents = new Map<number, number>();
  const rootOf = (id: number): number => {
    let root = id;
    while ((parents.get(root) ?? root) !== root) root = parents.get(root)!;
    parents.set(id, root);
    return root;
  };
  const isComparable = [0, 1].every((profile) =>
    placed.some((each) => each.profile === profile && each.row.origins[0]),
  );
  if (isComparable) {
    for (const { row } of placed) {
      const [first, ...rest] = row.origins;
      for (const id of rest) if (first !== undefined) parents.set(rootOf(id), rootOf(first));
    }
  }
  return ({ row, profile }) => {
    const [origin] = row.origins;
    if (isComparable && origin !== undefined) return `origin ${rootOf(origin)}`;
    if (row.node === null) return `runtime ${row.op}`;
    return row.name === '' ? `${profile} ${row.node}` : `name ${row.name}`;
  };
}

function lineOf(key: string, members: readonly Placed[], by: Grouping, profiles: number): ProfileLine {
  const last = members.at(-1)!.profile;
  const shown = members.filter(({ profile }) => profile === last);
  const main = shown.reduce((best, each) => ((each.row.ms ?? 0) > (best.row.ms ?? 0) ? each : best));
  const own = Array.from({ length: profiles }, (_, at) => members.filter(({ profile }) => profile === at));
  const sum = (list: readonly Placed[], of: (row: ProfileRow) => number): number =>
    list.reduce((total, { row }) => total + of(row), 0);
  const flops = shown.some(({ row }) => row.flops === null) ? null : sum(shown, (row) => row.flops ?? 0);
  const ms = sum(shown, (row) => (row.ms ?? 0) - row.movedMs);
  const { row, profile } = main;
  return {
    key,
    ...textOf(by, shown, row),
    calls: own.map((list) => (list.length === 0 ? null : sum(list, (each) => each.calls))),
    ms: own.map((list) => (list.length === 0 ? null : sum(list, (each) => each.ms ?? 0))),
    noise: sum(members, (each) => each.spreadMs),
    gflops: flops !== null && flops > 0 && ms > 0 ? flops / ms / 1e6 : null,
    node: (by === 'node' || shown.length === 1) && row.node !== null ? { id: row.node, profile } : null,
    bound: by === 'node' ? row.bound : null,
  };
}

function textOf(
  by: Grouping,
  shown: readonly Placed[],
  row: ProfileRow,
): Pick<ProfileLine, 'label' | 'detail' | 'family'> {
  if (by === 'block') {
    const path = row.scope.join(' › ');
    return { label: path === '' ? 'Outside of blocks' : path, detail: '', family: null };
  }
  if (by === 'operator') {
    const details = new Set(shown.map((each) => each.row.detail));
    const common = details.size === 1 ? [...details][0]! : '';
    return { label: row.ranAs ?? row.op, detail: row.kind === '' ? common : row.kind, family: row.family };
  }
  return { label: row.label, detail: nodeDetail(row), family: row.family };
}

/** `1×1 · 32→192 · as FusedConv · with Transpose`. */
function nodeDetail({ detail, ranAs, op, movers, holds, calls }: ProfileRow): string {
  const renamed = ranAs !== null && !op.endsWith(ranAs) ? [`as ${ranAs}`] : [];
  const held = holds > 0 ? [`${holds + 1} nodes`] : [];
  const moved = movers.length > 0 ? [`with ${movers.join(', ')}`] : [];
  const often = calls > 1 ? [`${Number(calls.toFixed(1))} calls`] : [];
  return [...(detail === '' ? [] : [detail]), ...often, ...renamed, ...held, ...moved].join(' · ');
}

const betweenLine = (profiles: readonly ProfileView[]): ProfileLine => ({
  key: BETWEEN,
  label: 'Between operators',
  detail: profiles.some(({ clock }) => clock === 'gpu') ? 'dispatch, copies, waiting for the card' : 'dispatch, copies',
  family: null,
  calls: profiles.map(() => null),
  ms: profiles.map(({ betweenMs }) => betweenMs),
  noise: profiles.reduce((total, { spreadMs }) => total + spreadMs, 0),
  gflops: null,
  node: null,
  bound: null,
});

/** Nodes without a time: computed inside of another, on loading, or not told. */
export function timelessCounts({ rows }: ProfileView): Readonly<Record<'inside' | 'on-load' | 'untold', number>> {
  const counts = { inside: 0, 'on-load': 0, untold: 0 };
  for (const { timeless } of rows) if (timeless) counts[timeless.kind] += 1;
  return counts;
}
