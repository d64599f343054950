import { plural } from '../../../base/format.ts';
import type { LayoutBlock } from '../../../layout/types.ts';
import { HEADER_ROOM, nameInset, outerFrames } from '../frames.ts';
import { blend } from '../theme.ts';
import type { Box } from '../types.ts';
import { fontSize, meets, screenBox, textThatFits, textWidth, type Frame, type ScreenBox } from './frame.ts';
import { Room } from './room.ts';

/** The name of a frame where it is drawn. */
export interface FrameName {
  readonly block: LayoutBlock;
  readonly text: string;
  readonly font: string;
  /** px */
  readonly left: number;
  readonly baseline: number;
  readonly size: number;
  /** What the words cover, px. */
  readonly at: ScreenBox;
  /** Whether it stands in the frame's own header, not above it. */
  readonly inside: boolean;
}

const boxOfBlock = ({ x, y, width, height }: LayoutBlock): Box => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** From the baseline of words to the lowest of their letters, px. */
const DESCENT = 3;
/** A name of which fewer letters than this fit says nothing. */
const FEWEST = 3;

/**
 * Names of the frames in view, each where there is room for it: in the header while that is tall enough on the screen,
 * above the frame where nothing else stands. Others are left out, so that words never lie on nodes or on other words.
 */
export function frameNames(frame: Frame): readonly FrameName[] {
  const room = new Room(frame);
  const headers = headerSize(frame) + DESCENT <= HEADER_ROOM * frame.viewport.zoom;
  const isSeen = (block: LayoutBlock): boolean => meets(boxOfBlock(block), frame.visible);
  const heads = outerFrames(frame.scene).flatMap(({ block, head }) => (head ? [block] : []));
  return (headers ? frame.scene.picture.layout.blocks : heads).filter(isSeen).flatMap((block) => {
    const name = headers ? inHeader(frame, block) : above(frame, block);
    return name !== null && room.take(name.at) ? [name] : [];
  });
}

const headerSize = (frame: Frame): number => fontSize(frame, 11) * Math.max(1, frame.viewport.zoom);

function inHeader(frame: Frame, block: LayoutBlock): FrameName | null {
  const { theme, viewport } = frame;
  const at = screenBox(frame, boxOfBlock(block));
  const size = headerSize(frame);
  const middle = at.y + (HEADER_ROOM / 2) * viewport.zoom;
  const baseline = Math.min(middle + size / 2 - 1, at.y + 19 * viewport.zoom + (size - 11 * viewport.zoom) / 2);
  return named(frame, block, `620 ${size}px ${theme.fontUi}`, {
    left: at.x + nameInset(block, viewport.zoom),
    baseline,
    size,
    end: at.x + at.width - 6,
    inside: true,
  });
}

/** Longest name above a frame, px. */
const LONGEST = 160;

/** Names above frames reach beyond them: those that come after on the same line make room. */
function above(frame: Frame, block: LayoutBlock): FrameName | null {
  const at = screenBox(frame, boxOfBlock(block));
  const place = { left: at.x, baseline: at.y - 4, size: 11, end: at.x + LONGEST, inside: false };
  return named(frame, block, `520 11px ${frame.theme.fontUi}`, place);
}

interface Place extends Pick<FrameName, 'left' | 'baseline' | 'size' | 'inside'> {
  /** Where the words end at the latest, px. */
  readonly end: number;
}

function named({ pen }: Frame, block: LayoutBlock, font: string, { end, ...place }: Place): FrameName | null {
  const { left, baseline, size } = place;
  pen.font = font;
  const text = textThatFits(pen, block.name, end - left);
  if (text.length < Math.min(FEWEST, block.name.length)) return null;
  const at = { x: left, y: baseline - size, width: textWidth(pen, text), height: size + DESCENT };
  return { block, text, font, at, ...place };
}

export function paintFrameNames(frame: Frame): void {
  const { pen, theme } = frame;
  pen.textBaseline = 'alphabetic';
  for (const name of frameNames(frame)) {
    pen.font = name.font;
    if (name.inside) plateBehind(frame, name);
    pen.fillStyle = name.inside ? theme.text1 : theme.text3;
    pen.fillText(name.text, name.left, name.baseline);
    if (frame.detail === 'near') nodeCount(frame, name);
  }
}

/** How many nodes are inside, right of the wire that enters. */
function nodeCount(frame: Frame, { block, left, at, baseline, size }: FrameName): void {
  const { pen, theme, viewport } = frame;
  const count = plural(block.rows.length, 'node');
  const around = screenBox(frame, boxOfBlock(block));
  pen.font = `420 ${size}px ${theme.fontUi}`;
  const start = Math.max(left + at.width + 9, around.x + 131 * viewport.zoom);
  if (start + textWidth(pen, count) > around.x + around.width - 8) return;
  pen.fillStyle = theme.text3;
  pen.fillText(count, start, baseline);
}

function plateBehind({ pen, theme }: Frame, { at }: FrameName): void {
  pen.fillStyle = blend(theme.canvas, theme.text1, 0.978);
  pen.fillRect(at.x - 3, at.y, at.width + 6, at.height);
}
