import { FAMILIES } from '../../base/families.ts';
import { NO_GROUPS, type GraphView } from '../../ir/view.ts';

type NodeRow = readonly [op: string, name: string, macs: number];

/** A view of a chain of nodes, for tests of what the page derives from one. */
export function makeView(nodes: readonly NodeRow[], revision = 1): GraphView {
  const opTypes = [...new Set(nodes.map(([op]) => op))];
  const zeros = (): Float64Array => new Float64Array(nodes.length);
  const seen = new Map<string, number>();
  const ordinals = nodes.map(([op]) => {
    seen.set(op, (seen.get(op) ?? 0) + 1);
    return seen.get(op) ?? 0;
  });
  return {
    revision,
    nodeIds: Int32Array.from(nodes, (_, row) => row),
    nodeOps: Uint16Array.from(nodes, ([op]) => opTypes.indexOf(op)),
    opTypes,
    opFamilies: Uint8Array.from(opTypes, () => FAMILIES.indexOf('unknown')),
    nodeOrdinals: Int32Array.from(ordinals),
    nodeNames: nodes.map(([, name]) => name),
    nodeDetails: nodes.map(() => ''),
    wireIds: Int32Array.from(nodes, (_, row) => 1000 + row),
    wireNames: nodes.map(([, name]) => `${name}_out`),
    wireShapes: nodes.map((_, row) => `${row + 1}×8`),
    wireDtypes: new Uint8Array(nodes.length),
    dtypes: ['float32'],
    wireBatches: new Uint8Array(nodes.length),
    batches: [''],
    wireSources: Int32Array.from(nodes, (_, row) => row),
    useStarts: Int32Array.from({ length: nodes.length + 1 }, (_, wire) => Math.min(wire, nodes.length - 1)),
    useRows: Int32Array.from({ length: Math.max(0, nodes.length - 1) }, (_, wire) => wire + 1),
    inputs: new Int32Array(),
    outputs: Int32Array.of(nodes.length - 1),
    macs: Float64Array.from(nodes, ([, , macs]) => macs),
    elementwise: zeros(),
    parameters: zeros(),
    weightBytes: zeros(),
    activationBytes: zeros(),
    movedBytes: zeros(),
    made: new Uint8Array(nodes.length),
    ancestorStarts: new Int32Array(nodes.length + 1),
    ancestorIds: new Int32Array(),
    holders: new Int32Array(nodes.length).fill(-1),
    groups: NO_GROUPS(nodes.length),
  };
}
