import { describe, expect, it } from 'vitest';
import { deviceNotes } from './device-notes.ts';

const card = { adapter: 'some card', f16: true, software: false };
const crossed = { given: 2144, taken: 12 };

describe('notes on where a run was trained', () => {
  it('name the adapter, and what the last step took there and back', () => {
    const notes = deviceNotes(card, true, crossed);
    expect(notes[0]).toBe('Trained on WebGPU: some card.');
    expect(notes[1]).toMatch(
      /^Weights and moments stayed on the device: the last step took 2\.1.kB there and 12.B back\.$/,
    );
    expect(deviceNotes(card, false, crossed)[1]).toMatch(/^Weights went there and gradients came back/);
  });

  it('name a software adapter as such', () => {
    expect(deviceNotes({ ...card, software: true }, true, null)).toEqual([
      'Trained on WebGPU: some card, which is software: its times say nothing about a graphics card.',
    ]);
  });

  it('are none elsewhere', () => {
    expect(deviceNotes(null, false, crossed)).toEqual([]);
  });
});
