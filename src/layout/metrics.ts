/** Measures of the drawing, in graph units; DESIGN.md "Node anatomy" and "Edges". */
export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 40;
/** A node without a second line. */
export const SHORT_NODE_HEIGHT = 28;
export const PORT_HEIGHT = 26;
/** A folded group. */
export const FOLDED_HEIGHT = 54;
export const STUB_HEIGHT = 18;
/** Free height between nodes. */
export const GAP = 26;
/** Distance of wires that run side by side: horizontally turned, and in the lanes left of a track. */
export const SLOT = 10;
export const LANE = 14;
/** From a node's left edge to its nearest lane. */
export const FIRST_LANE = 20;
/** From a track's nodes to the lane room of the next track. */
export const TRACK_GAP = 12;
/** Inside of a frame, beside its leftmost lane, right of its nodes, and below its last node. */
export const FRAME_LEFT = 14;
export const FRAME_RIGHT = 24;
export const FRAME_BOTTOM = 14;
export const FRAME_HEADER = 20;
/** From a frame's header to its first node. */
export const FRAME_TOP = 14;
/** Between columns; each further wire that climbs in it adds a lane. */
export const GUTTER = 28;
/** From a frame's edge to the first wire outside of it. */
export const BUS = 14;
export const STUB_BAND = 22;

/** Width to height of the whole picture: about that of a canvas between two panels. */
export const ASPECT = 1.45;
/** No rank holds more items; further ones go below. */
export const RANK_WIDTH = 24;
/** An edge over more ranks becomes a stub. */
export const LONGEST_ROUTE = 64;
/** A wire with more uses than this beyond `NEAR` ranks becomes stubs there. */
export const MANY_USES = 4;
export const NEAR = 8;
/** Wires that may climb in one gutter; the rest become stubs. */
export const GUTTER_WIRES = 12;

/** Width of a pill with `letters` of mono 10 and `extra` for icon and words. */
export const pillWidth = (letters: number, extra: number, most: number): number =>
  Math.min(most, Math.round(letters * 6.1 + extra));

/** Width of a column with one track, its gutter included, and of each further track. */
export const COLUMN_WIDTH = 262;
export const TRACK_WIDTH = NODE_WIDTH + GAP;
