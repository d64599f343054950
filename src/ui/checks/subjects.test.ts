import { describe, expect, it } from 'vitest';
import type { DocumentView, StopView } from '../../engine/types.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { standingOf } from '../export/artifacts.ts';
import { inputsText, requestFor, subjectsOf } from './subjects.ts';

const check = (ok: boolean, message = ok ? 'Outputs agree.' : 'Output y differs.'): VerifyResult => ({
  ok,
  verdict: ok ? 'agrees' : 'differs',
  class: 'order',
  message,
  outputs: [],
  runs: [],
  level: 'all',
  backend: 'wasm',
  inputs: [],
  ms: 1,
});
const stop = (index: number, verify: VerifyResult | null, whole: VerifyResult | null = null): StopView => ({
  index,
  pass: index === 0 ? null : 'fold-batch-norm',
  title: index === 0 ? 'Original' : 'Fold batch norm',
  summary: {
    nodes: 1,
    parameters: 1,
    bytes: 1,
    macs: null,
    elementwise: null,
    peakActivationBytes: null,
    movedBytes: null,
    opset: 17,
    ops: {},
    inputs: [],
    outputs: [],
    unknownShapes: 0,
    assumed: {},
  },
  preserves: 'weights',
  sites: 1,
  off: 0,
  removed: 1,
  added: 0,
  ms: 1,
  lost: [],
  error: null,
  verify,
  whole,
  groups: [],
  measured: null,
  session: null,
});
const document = (stops: readonly StopView[], cursor: number): DocumentView => ({
  revision: 1,
  name: 'm.onnx',
  fileBytes: 1,
  producer: '',
  irVersion: 8,
  stops,
  cursor,
  recipe: { whittle: 1, steps: [] },
  backend: 'wasm',
  missing: [],
  warnings: [],
});

describe('what can be checked', () => {
  it('is the whole first, then each step up to the cursor against the one before', () => {
    const subjects = subjectsOf(document([stop(0, null), stop(1, check(true)), stop(2, null), stop(3, null)], 2));
    expect(subjects.map(({ id, a, b, result }) => [id, a, b, result?.verdict ?? null])).toEqual([
      ['whole', 0, 2, null],
      ['1', 0, 1, 'agrees'],
      ['2', 1, 2, null],
    ]);
  });

  it('is nothing for a model as it was opened', () => {
    expect(subjectsOf(document([stop(0, null)], 0))).toEqual([]);
  });

  it('asks for WebGPU only where it exists', () => {
    expect(requestFor(true, false).backends).toEqual(['wasm']);
    expect(requestFor(true, true).backends).toEqual(['wasm', 'webgpu']);
  });

  it('lists inputs, and counts them where they are many', () => {
    expect(inputsText(['seed 1', 'zeros'])).toBe('seed 1, zeros');
    expect(inputsText(Array.from({ length: 20 }, (_, index) => `seed ${index}`))).toContain('and 14 more');
  });
});

const standing = (stops: readonly StopView[], cursor: number) => standingOf(document(stops, cursor));

describe('what is said before saving', () => {
  it('warns of a result that differs or was not checked, and is calm otherwise', () => {
    expect(standing([stop(0, null)], 0).tone).toBe('none');
    expect(standing([stop(0, null), stop(1, check(true), check(true))], 1).tone).toBe('good');
    expect(standing([stop(0, null), stop(1, check(true), check(false))], 1)).toEqual({
      tone: 'warning',
      text: 'Against the original: Output y differs.',
    });
    expect(standing([stop(0, null), stop(1, null)], 1)).toEqual({
      tone: 'warning',
      text: 'Not checked: 1 step of 1, and the result as a whole.',
    });
    expect(standing([stop(0, null), stop(1, check(true))], 1).tone).toBe('none');
  });
});
