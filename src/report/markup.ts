/** HTML that may stand in a page as it is. Only `safe` and `embedJson` make it, so nothing enters unescaped. */
export interface Markup {
  readonly markup: string;
}
export type MarkupValue = Markup | string | number | null | undefined | readonly MarkupValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Control characters cannot stand in HTML; tab and line feed can. */
const withoutControls = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));

export const escapeHtml = (text: string): string =>
  withoutControls(text).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');

function render(value: MarkupValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(render).join('');
}

/** Text and numbers in the holes are escaped, markup is not, lists are joined, nothing is nothing. */
export function safe(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return { markup: parts.reduce((text, part, index) => text + render(values[index - 1]) + part) };
}

/** JSON inside a `<script type="application/json">`: no `<` is left that could end the element. */
export function embedJson(value: unknown): Markup {
  const text = JSON.stringify(value) ?? 'null';
  return {
    markup: text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  };
}
