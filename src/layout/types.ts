/**
 * Positions for a `GraphView`, in graph units (1 unit = 1 CSS px at 100 %). Arrays are transferable. Row indices are
 * those of the view.
 */
export interface GraphLayout {
  readonly revision: number;
  readonly width: number;
  readonly height: number;
  /** [rows] top-left corner; nodes are 176 wide, leaves (constants) at most 78 by 18. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** [rows] 1: inside a folded group. Its position and size are those of the group's box, or of its holder's node. */
  readonly hidden: Uint8Array;
  /** [rows] 1: hangs small above the node that reads it. */
  readonly leaves: Uint8Array;
  readonly folded: FoldedGroups;
  /** [rows] column that the row was folded into. */
  readonly columns: Uint16Array;
  /**
   * One route per (wire, consumer) pair that is drawn: points routePoints[2 * routeStarts[r] …] as x, y pairs.
   * `routeWires` says which wire; `routeSources` and `routeSinks` its two ends, each an *item*: a row, `rows + f` for
   * folded group f (see `folded`), or -1 - p for port p (see `portX`).
   */
  readonly routeStarts: Int32Array;
  readonly routePoints: Float32Array;
  readonly routeWires: Int32Array;
  readonly routeSources: Int32Array;
  readonly routeSinks: Int32Array;
  /** Stubs: a pill with the wire's name at a use (`stubSinks`, an item), instead of a long wire. Centre and width; 18 high. */
  readonly stubWires: Int32Array;
  readonly stubSinks: Int32Array;
  readonly stubX: Float32Array;
  readonly stubY: Float32Array;
  readonly stubWidths: Float32Array;
  /** Pills of graph inputs and outputs (indices into view.inputs then view.outputs): centre and size. */
  readonly portX: Float32Array;
  readonly portY: Float32Array;
  readonly portWidths: Float32Array;
  readonly portHeights: Float32Array;
  /** Frames of open groups, outer before inner. */
  readonly blocks: readonly LayoutBlock[];
  /** The cells behind the positions: what the layout of the next revision keeps. */
  readonly grid: LayoutGrid;
}
/** Folded groups that are in view as one box each; top-left corners and sizes. */
export interface FoldedGroups {
  /** [f] index into `view.groups`. */
  readonly groups: Int32Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
}
export interface LayoutBlock {
  /** Index into `view.groups`; -1: none stands behind it. */
  readonly group: number;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rows: Int32Array;
}

/**
 * Every item lies in a cell of a *pane*: track (left to right), rank (top to bottom). Panes are the columns, then the
 * boxes of open groups, outer before inner; a box is an item of the pane around it. Items are the rows, the inputs, the
 * outputs, the folded groups, then the boxes.
 */
export interface LayoutGrid {
  /** [items] -1: it has no place. */
  readonly itemPanes: Int32Array;
  readonly itemTracks: Int32Array;
  readonly itemRanks: Int32Array;
  /** [items] the item that a leaf hangs above; its cell is the leaf's too. -1: no leaf. */
  readonly itemHosts: Int32Array;
  /** [items] which of the slots above its host a leaf has; -1: no leaf. */
  readonly itemSlots: Int32Array;
  readonly columns: number;
  /** [panes] pane around it; columns: -1. */
  readonly paneParents: Int32Array;
  /** [panes] index into `shapes`; origin of the pane. */
  readonly paneShapes: Int32Array;
  readonly paneX: Float64Array;
  readonly paneY: Float64Array;
  /** Panes that are built alike share one. */
  readonly shapes: readonly GridShape[];
  /** [boxes] key of the group and name of its frame. */
  readonly boxKeys: readonly string[];
  readonly boxNames: readonly string[];
}
/** Geometry of a pane, from its origin: what stays when nodes leave it. */
export interface GridShape {
  /** Left edge (behind the gutter of a column), width, and height down to the lower edge. */
  readonly x: number;
  readonly width: number;
  readonly height: number;
  /** Where the pane's main wire comes in: the axis on which it stands in the pane around. */
  readonly axis: number;
  /** [tracks] left edge of the track's items, their width, their common axis, and the room for lanes left of them. */
  readonly trackX: Float64Array;
  readonly trackWidths: Float64Array;
  readonly trackAxes: Float64Array;
  readonly trackRooms: Float64Array;
  /** [ranks] */
  readonly rankTops: Float64Array;
  readonly rankHeights: Float64Array;
  /** [ranks + 1] the band above rank r in which wires turn; the last one lies below the pane. */
  readonly channelTops: Float64Array;
  readonly channelHeights: Float64Array;
  /** Columns: left edge and width of the gutter before it, in which wires climb. */
  readonly gutterX: number;
  readonly gutterWidth: number;
  /** Columns: band above for wires that arrive from the gutter, the lowest slot's y. */
  readonly busY: number;
}
