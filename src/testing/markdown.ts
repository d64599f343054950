/** A link or a picture of a page. */
export interface Link {
  readonly target: string;
  readonly text: string;
  readonly picture: boolean;
}

/** A fenced block: what stands behind its fence, and the HTML comment right before it; '' where there is none. */
export interface Block {
  readonly info: string;
  readonly note: string;
  readonly text: string;
}

/** What is looked at of a page in Markdown. */
export interface Page {
  readonly links: readonly Link[];
  readonly blocks: readonly Block[];
  /** Inline code, line breaks as spaces. */
  readonly code: readonly string[];
  /** Titles of sections, as they stand. */
  readonly headings: readonly string[];
  /** Names of headings as GitHub links to them. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /(?:^|\n)(?:<!--([^\n]*?)-->\s*\n)?```([^\n]*)\n([\s\S]*?)\n```(?=\n|$)/g;
const CODE = /`([^`]+)`/g;
const LINK = /(!?)\[([^\]]*)\]\(([^)\s]+)\)/g;

export function readPage(markdown: string): Page {
  const blocks = [...markdown.matchAll(FENCE)].map(([, note = '', info = '', text = '']): Block => ({
    info: info.trim(),
    note: note.trim(),
    text,
  }));
  const prose = markdown.replace(FENCE, '\n');
  const code = [...prose.matchAll(CODE)].map(([, text = '']) => text.replace(/\s+/g, ' '));
  const headings = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title);
  const links = [...prose.matchAll(LINK)].map(([, mark, text = '', target = '']): Link => ({
    target,
    text,
    picture: mark === '!',
  }));
  return { links, blocks, code, headings, anchors: new Set(headings.map(anchorOf)) };
}

/** GitHub's name of a heading: lower case, spaces as hyphens, neither marks nor markup. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
