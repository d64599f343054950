import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chordOf, chordText, KEYS } from './keys.ts';

const press = (key: string, held: Partial<Record<'metaKey' | 'ctrlKey' | 'shiftKey', boolean>> = {}): string =>
  chordOf({ key, metaKey: false, ctrlKey: false, altKey: false, shiftKey: false, ...held });

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

describe('the table of keys', () => {
  it('gives each part of the page a key once', () => {
    for (const where of ['page', 'canvas', 'outline', 'search', 'front'] as const) {
      const chords = KEYS.filter((row) => row.where === where).flatMap((row): readonly string[] => row.chords);
      expect(new Set(chords).size).toBe(chords.length);
    }
    expect(new Set(KEYS.map((row) => row.id)).size).toBe(KEYS.length);
  });

  it('lists every key that the canvas handles, and none that it does not', () => {
    const source = textOf('../canvas/use-keys.ts');
    const handled = [
      ...[...source.matchAll(/case '([^']+)':/g)].map((match) => match[1] ?? ''),
      ...[...source.matchAll(/^ {2}(Arrow\w+):/gm)].map((match) => match[1] ?? ''),
    ].map((key) => (/^[A-Z]$/.test(key) ? press(key, { shiftKey: true }) : press(key)));
    expect(handled.length).toBeGreaterThan(8);
    const listed = KEYS.filter((row) => row.where === 'canvas').flatMap((row): readonly string[] => row.chords);
    expect(handled.filter((chord) => !listed.includes(chord))).toEqual([]);
    expect(listed.filter((chord) => !handled.includes(chord))).toEqual([]);
  });
});

describe('a key press', () => {
  it('is the same with ⌘ and with Ctrl, and whatever caps lock does to letters', () => {
    expect(press('z', { metaKey: true })).toBe('Mod+z');
    expect(press('Z', { ctrlKey: true })).toBe('Mod+z');
    expect(press('Z', { ctrlKey: true, shiftKey: true })).toBe('Mod+Shift+z');
  });

  it('does not name Shift where the character already tells of it', () => {
    expect(press('?', { shiftKey: true })).toBe('?');
    expect(press('F6', { shiftKey: true })).toBe('Shift+F6');
  });

  it('is shown by its sign', () => {
    expect(['ArrowUp', ' ', 'Shift+F6', '?', 'Escape', 'e'].map(chordText)).toEqual([
      '↑',
      'Space',
      '⇧F6',
      '?',
      'Esc',
      'E',
    ]);
  });
});
