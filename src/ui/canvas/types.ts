import type { Job } from '../../base/job.ts';
import type { Picture } from '../../engine/types.ts';
import type { OverlayEntry } from '../../state/document.ts';
import type { Overlay } from '../../state/view.ts';
import type { CameraLink, LinkSide } from './camera-link.ts';

/** What the canvas is coloured by; one layer of colour at a time. */
export type CanvasOverlay = Overlay;

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
  /** Nothing was looked for here: it is only said why this place stays as it is. */
  readonly frozen?: boolean;
  /** Two at most are shown. */
  readonly actions?: readonly CanvasAction[];
}

/** NodeIds by what happened to them; everything else goes neutral. */
export interface CanvasDiff {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly changed: readonly number[];
  /** Several became these; where it is left out, a new node's ancestors say so. */
  readonly fused?: readonly number[];
  /** What fused nodes stand for: nodes of `origin`, by node; where it is left out, their ancestors. */
  readonly origins?: ReadonlyMap<number, readonly number[]>;
}

/** Nodes of another picture that are gone, drawn hatched at their places. */
export interface CanvasGhosts {
  readonly picture: Picture;
  readonly nodes: readonly number[];
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
/** A width of one node that pruning changes. */
export interface WidthChange {
  readonly before: number;
  readonly after: number;
  /** The node takes this width; else it gives it, or both. */
  readonly taken: boolean;
}
export interface CanvasPrune {
  /** By NodeId: the members of the groups that stand out. */
  readonly marks: ReadonlyMap<number, PruneMark>;
  /** NodeIds that have marks: the same list while only their widths change. */
  readonly members: readonly number[];
  /** By NodeId: the widths that change, those of all other groups too. */
  readonly widths?: ReadonlyMap<number, readonly WidthChange[]>;
}

/** Saving the canvas as a picture: the dialog is open. */
export interface PictureSaving {
  /** Of the model: `mobilenetv2.onnx`. */
  readonly model: string;
  readonly close: () => void;
  /** Runs the drawing as a job and hands the file over. */
  readonly save: (file: string, draw: (job: Job) => Promise<Blob>) => void;
}

export interface GraphCanvasProps {
  readonly picture: Picture;
  /** The opened model's picture: a fused node is drawn over the places of its ancestors, which are listed. */
  readonly origin?: Picture | null;
  /** A new key means another document: the whole graph is brought into view. */
  readonly documentKey: string;
  readonly overlay: CanvasOverlay;
  /** What the overlay says, where the page has to ask for it; null: not asked for. */
  readonly overlayEntry?: OverlayEntry | null;
  readonly sites: readonly CanvasSite[];
  readonly refusals: readonly CanvasRefusal[];
  /** Index of the near miss whose reason is open. */
  readonly refusal: number | null;
  readonly selected: number | null;
  /** Key of the folded group that is selected in place of a node. */
  readonly selectedGroup: string | null;
  readonly hovered: number | null;
  readonly diff: CanvasDiff | null;
  readonly prune: CanvasPrune | null;
  readonly ghosts?: CanvasGhosts | null;
  /** Pans and zooms together with another canvas. */
  readonly link?: { readonly link: CameraLink; readonly side: LinkSide };
  /** Which graph it is, for a page with several. */
  readonly label?: string;
  /** Width that a card covers at the right, px: what is brought into view stands beside it. */
  readonly covered?: number;
  /** Without the choice of colours: the page has taken it. */
  readonly plain?: boolean;
  /** NodeIds that a search found; null: nothing is searched for. */
  readonly matches?: readonly number[] | null;
  /** Brings a node into view; a new nonce makes a repeated wish a new one. */
  readonly focusRequest: { readonly node: number; readonly nonce: number } | null;
  readonly saving?: PictureSaving | null;
  /** `beside`: the node is chosen beside the selected one. */
  readonly onSelect: (node: number | null, beside?: boolean) => void;
  readonly onSelectGroup: (key: string) => void;
  /** Folds or unfolds groups by their keys; `copies`: everything that is built like them too. */
  readonly onFold: (keys: readonly string[], folded: boolean, copies: boolean) => void;
  readonly onHover: (node: number | null) => void;
  readonly onToggleSite: (key: string) => void;
  readonly onOpenRefusal: (index: number | null) => void;
  readonly onOverlay: (overlay: CanvasOverlay) => void;
  /** Times every node, for the overlay `time`. */
  readonly onMeasure?: () => void;
}

/** A rectangle in graph units. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
