/** How a wire comes to one sink inside a pane. */
export const Way = {
  /** Straight down from where it starts. */
  straight: 0,
  /** Through the band between the two ranks. */
  band: 1,
  /** Down from where it starts, then through the band above the sink. */
  down: 2,
  /** Through the band below the source, then down above the sink. */
  up: 3,
  /** Through the band below the source, then along a lane, into the sink's left side. */
  lane: 4,
  /** Along a lane, then through the band above the sink, into its top. */
  over: 5,
} as const;

/** One end of a wire in a pane; items are numbered within the pane. */
export interface RoutedArrival {
  /** Its number among the net's arrivals as they were given. */
  readonly index: number;
  readonly sink: number;
  /** Where on a box the wire goes on inside, from the box's axis; null: the sink is no box. */
  readonly port: number | null;
  way: (typeof Way)[keyof typeof Way];
  lane: Lane | null;
  /** Where on the sink the wire ends: from its axis (top), or from its middle (left side). */
  offset: number;
}

/** A vertical run left of a track. `from` and `to` in half ranks: 2r is the band above rank r, 2r + 1 the rank. */
export interface Lane {
  readonly wire: number;
  from: number;
  to: number;
  index: number;
}

/** What one wire does inside one pane; its number among the pane's nets tells it from others. */
export interface RoutedNet {
  readonly wire: number;
  /** Source item; -1: the wire comes from outside. */
  readonly source: number;
  /** Where it comes out of a box, from the box's axis; null: the source is no box. */
  readonly exit: number | null;
  readonly arrivals: RoutedArrival[];
  readonly leaves: boolean;
  /** From the source's axis to where the wire leaves it; from the track's axis to where it enters. */
  offset: number;
  /** Track in which the wire enters; -1: by a lane. */
  enterTrack: number;
  enterLane: Lane | null;
  enterLaneTrack: number;
  leaveLane: Lane | null;
  enterX: number;
  leaveX: number;
}

export const routedNet = (
  wire: number,
  source: number,
  exit: number | null,
  arrivals: readonly { readonly sink: number; readonly port: number | null }[],
  leaves: boolean,
): RoutedNet => ({
  wire,
  source,
  exit,
  arrivals: arrivals.map(({ sink, port }, index) => ({
    index,
    sink,
    port,
    way: Way.band,
    lane: null,
    offset: port ?? 0,
  })),
  leaves,
  offset: exit ?? 0,
  enterTrack: -1,
  enterLane: null,
  enterLaneTrack: -1,
  leaveLane: null,
  enterX: 0,
  leaveX: 0,
});
