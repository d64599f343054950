import type { Node } from '../ir/model.ts';

/** Where PyTorch's exporter by tracing (dynamo) keeps the modules that a node comes from, as a Python list of strings. */
export const SCOPES_PROPERTY = 'pkg.torch.onnx.name_scopes';
const NO_SCOPES: readonly string[] = [];

/**
 * Reads name scopes that nodes stand in, from the outside in: those that the exporter wrote down, else those of the
 * node's name or, where it has none, of its first output. Nodes of one scope get the same list.
 */
export function scopeReader(): (node: Node, outputName: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  const remembered = (path: string, read: (path: string) => readonly string[]): readonly string[] => {
    let scopes = known.get(path);
    if (!scopes) known.set(path, (scopes = read(path)));
    return scopes;
  };
  return (node, outputName) => {
    const written = node.extras.metadataProps?.get(SCOPES_PROPERTY);
    const traced = written === undefined ? NO_SCOPES : remembered(written, scopesOfList);
    if (traced.length > 0) return traced;
    const name = node.name || outputName;
    const slash = name.lastIndexOf('/');
    return slash < 0 ? scopesOfName(name) : remembered(name.slice(0, slash), scopesOfPath);
  };
}

/** `['', 'layers', 'layers.0', 'layers.0.mlp', 'linear']` → `layers`, `layers.0`, `mlp`; the last is the operator. */
function scopesOfList(list: string): readonly string[] {
  const paths = Array.from(list.matchAll(/'([^']*)'|"([^"]*)"/g), (match) => match[1] ?? match[2] ?? '').slice(0, -1);
  return paths.filter((path) => path !== '' && !path.startsWith('_')).map(lastModule);
}

/** `model.layers.0` → `layers.0`: from the last part on that is no number. */
function lastModule(path: string): string {
  const parts = path.split('.');
  let first = parts.length - 1;
  while (first > 0 && isNumber(parts[first]!)) first--;
  return parts.slice(first).join('.');
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/**
 * Scopes in a name: `/features/features.7/conv/Conv` → `features`, `features.7`, `conv`; dots part where there are no
 * slashes (`layers.0.mlp.fc1` → `layers.0`, `mlp`), and within a part that does not repeat the one before it.
 */
export function scopesOfName(name: string): readonly string[] {
  const slash = name.lastIndexOf('/');
  if (slash >= 0) return scopesOfPath(name.slice(0, slash));
  const dot = name.lastIndexOf('.');
  return dot > 0 ? modulesOf(name.slice(0, dot)) : NO_SCOPES;
}

function scopesOfPath(path: string): readonly string[] {
  const scopes: string[] = [];
  let before = '';
  for (const part of path.split('/')) {
    if (part === '') continue;
    if (part.includes('.') && !part.startsWith(`${before}.`)) scopes.push(...modulesOf(part));
    else scopes.push(isNumber(part) && before !== '' ? `${before}.${part}` : part);
    before = scopes.at(-1)!;
  }
  return scopes;
}

/** `model.layers.1.mlp` → `model`, `layers.1`, `mlp`: a number belongs to what it counts. */
function modulesOf(path: string): string[] {
  const modules: string[] = [];
  for (const part of path.split('.')) {
    if (isNumber(part) && modules.length > 0) modules.push(`${modules.pop()!}.${part}`);
    else if (part !== '') modules.push(part);
  }
  return modules;
}
