/**
 * Positions for a `GraphView`, in graph units (1 unit = 1 CSS px at 100 %). Arrays are transferable. Row indices are
 * those of the view.
 */
export interface GraphLayout {
  readonly revision: number;
  readonly width: number;
  readonly height: number;
  /** [rows] top-left corner; nodes are 176 wide, `heights[row]` high. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** [rows] column that the row was folded into. */
  readonly columns: Uint16Array;
  /**
   * One route per (wire, consumer) pair that is drawn: points routePoints[2 * routeStarts[r] …] as x, y pairs.
   * `routeWires` and `routeRows` say which. Source row of a graph input is -1.
   */
  readonly routeStarts: Int32Array;
  readonly routePoints: Float32Array;
  readonly routeWires: Int32Array;
  readonly routeRows: Int32Array;
  /** Stubs: a pill with the wire's name at a use, instead of a long wire. */
  readonly stubWires: Int32Array;
  readonly stubX: Float32Array;
  readonly stubY: Float32Array;
  /** Pills of graph inputs and outputs (indices into view.inputs then view.outputs): position of the centre. */
  readonly portX: Float32Array;
  readonly portY: Float32Array;
  /** Blocks: frames with a name, found by name scope. */
  readonly blocks: readonly LayoutBlock[];
}
export interface LayoutBlock {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rows: Int32Array;
}
