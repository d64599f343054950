/**
 * Blocks by name scope. Exporters write where a node comes from into its name (`/features/features.7/conv/Conv`);
 * a *scope* is such a path without its last part.
 */
interface Scope {
  readonly name: string;
  readonly parent: number;
  readonly children: Map<string, number>;
  rows: number;
  first: number;
  last: number;
}

export interface Blocks {
  /** [rows] block of each row; -1: none. */
  readonly ofRow: Int32Array;
  readonly names: readonly string[];
}

/**
 * The largest scopes that span at most `ranks` ranks and leave something outside. Contiguity is not looked at here.
 */
export function findBlocks(names: readonly string[], rowRanks: Int32Array, ranks: number): Blocks {
  const scopes: Scope[] = [newScope('', -1)];
  const ofRow = scopesOfRows(names, scopes);
  ofRow.forEach((scope, row) => {
    for (let each = scope; each >= 0; each = scopes[each]!.parent) widen(scopes[each]!, rowRanks[row]!);
  });
  const blockOf = new Int32Array(scopes.length).fill(-1);
  const blockNames: string[] = [];
  // Scopes are made parents first, so one pass hands a block down to everything inside it.
  scopes.forEach((scope, index) => {
    if (scope.parent < 0) return;
    const inherited = blockOf[scope.parent]!;
    if (inherited >= 0) blockOf[index] = inherited;
    else if (isBlock(scope, names.length, ranks)) {
      blockOf[index] = blockNames.length;
      blockNames.push(blockName(scopes, index));
    }
  });
  return { ofRow: ofRow.map((scope) => blockOf[scope]!), names: blockNames };
}

const newScope = (name: string, parent: number): Scope => ({
  name,
  parent,
  children: new Map(),
  rows: 0,
  first: Number.MAX_SAFE_INTEGER,
  last: -1,
});

function widen(scope: Scope, rank: number): void {
  scope.rows++;
  if (rank < scope.first) scope.first = rank;
  if (rank > scope.last) scope.last = rank;
}

const isBlock = (scope: Scope, rows: number, ranks: number): boolean =>
  scope.rows >= 2 && scope.rows < 0.6 * rows && scope.last - scope.first < ranks;

function scopesOfRows(names: readonly string[], scopes: Scope[]): Int32Array {
  const known = new Map<string, number>([['', 0]]);
  const separator = names.some((name) => name.includes('/')) ? '/' : '.';
  return Int32Array.from(names, (name) => {
    const path = name.slice(0, Math.max(0, name.lastIndexOf(separator)));
    let scope = known.get(path);
    if (scope === undefined) {
      scope = enter(path.split(separator), scopes);
      known.set(path, scope);
    }
    return scope;
  });
}

function enter(path: readonly string[], scopes: Scope[]): number {
  let at = 0;
  for (const part of path) {
    if (part === '') continue;
    let next = scopes[at]!.children.get(part);
    if (next === undefined) {
      next = scopes.length;
      scopes[at]!.children.set(part, next);
      scopes.push(newScope(part, at));
    }
    at = next;
  }
  return at;
}

/** `features.7` says enough; `attention` needs the scope it stands in: `layers.0/attention`. */
function blockName(scopes: readonly Scope[], index: number): string {
  const scope = scopes[index]!;
  const parent = scopes[scope.parent];
  if (/\d/.test(scope.name) || !parent || parent.name === '' || !/\d/.test(parent.name)) return scope.name;
  return `${parent.name}/${scope.name}`;
}
