import type { Picture } from '../../engine/types.ts';

/** What the canvas is coloured by; one layer of colour at a time. */
export type CanvasOverlay = 'operator' | 'macs' | 'parameters' | 'bytes' | 'history';

/** A place where the pass being looked at applies. Nodes are NodeIds. */
export interface CanvasSite {
  readonly key: string;
  readonly nodes: readonly number[];
  readonly on: boolean;
  readonly what: string;
}

export interface CanvasAction {
  readonly label: string;
  readonly run: () => void;
}

/** A near miss, drawn where it happens. */
export interface CanvasRefusal {
  readonly nodes: readonly number[];
  /** One sentence: what is missing. */
  readonly reason: string;
  /** "Not folded: a second reader"; "Not fused" without one. */
  readonly title?: string;
  /** Two at most are shown. */
  readonly actions?: readonly CanvasAction[];
}

/** NodeIds by what happened to them; everything else goes neutral. */
export interface CanvasDiff {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly changed: readonly number[];
}

/** What pruning does to one node. */
export interface PruneMark {
  readonly before: number;
  readonly after: number;
  /** `out axis`, `in ≡ out`, … */
  readonly role: string;
  /** One per channel in file order: 1 is cut; null: not drawn. */
  readonly cut: Uint8Array | null;
}
export interface CanvasPrune {
  /** By NodeId: the members of the group in focus. */
  readonly marks: ReadonlyMap<number, PruneMark>;
}

export interface GraphCanvasProps {
  readonly picture: Picture;
  /** The opened model's picture: a fused node is drawn over the places of its ancestors, which are listed. */
  readonly origin?: Picture | null;
  /** A new key means another document: the whole graph is brought into view. */
  readonly documentKey: string;
  readonly overlay: CanvasOverlay;
  readonly sites: readonly CanvasSite[];
  readonly refusals: readonly CanvasRefusal[];
  /** Index of the near miss whose reason is open. */
  readonly refusal: number | null;
  readonly selected: number | null;
  readonly hovered: number | null;
  readonly diff: CanvasDiff | null;
  readonly prune: CanvasPrune | null;
  /** NodeIds that a search found; null: nothing is searched for. */
  readonly matches?: readonly number[] | null;
  /** Brings a node into view; a new nonce makes a repeated wish a new one. */
  readonly focusRequest: { readonly node: number; readonly nonce: number } | null;
  readonly onSelect: (node: number | null) => void;
  readonly onHover: (node: number | null) => void;
  readonly onToggleSite: (key: string) => void;
  readonly onOpenRefusal: (index: number | null) => void;
  readonly onOverlay: (overlay: CanvasOverlay) => void;
}

/** A rectangle in graph units. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
