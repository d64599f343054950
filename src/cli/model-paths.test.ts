import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelPaths, resultNames } from './model-paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-paths-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  mkdirSync(at('in/deep'), { recursive: true });
  mkdirSync(at('.hidden'));
  for (const name of ['b.onnx', 'a.onnx', 'notes.txt', 'in/c.onnx', 'in/deep/d.ONNX', 'x[1].onnx', '.hidden/h.onnx'])
    writeFileSync(at(name), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Paths below the folder. */
const below = (...given: string[]): string[] =>
  modelPaths(given.map(at)).paths.map((path) => path.slice(folder.length + 1));

describe('models that are named', () => {
  it('one plain name is one model, whether it is there or not', () => {
    expect(modelPaths([at('a.onnx')])).toEqual({ paths: [at('a.onnx')], many: false });
    expect(modelPaths(['missing.onnx'])).toEqual({ paths: ['missing.onnx'], many: false });
    expect(modelPaths(['sample:edge-cnn?width=2'])).toEqual({ paths: ['sample:edge-cnn?width=2'], many: false });
  });

  it('a pattern is a list in the order of names, also of one', () => {
    expect(below('[ab].onnx')).toEqual(['a.onnx', 'b.onnx']);
    expect(below('**/*.onnx').toSorted()).toEqual(['a.onnx', 'b.onnx', 'in/c.onnx', 'x[1].onnx']);
    expect(below('{a,in/c}.onnx')).toEqual(['a.onnx', 'in/c.onnx']);
    expect(modelPaths([at('a*.onnx')]).many).toBe(true);
  });

  it('a name that is there is taken as it is, whatever it looks like', () => {
    expect(below('x[1].onnx')).toEqual(['x[1].onnx']);
  });

  it('a folder stands for all models below it but hidden ones', () => {
    expect(below('')).toEqual(['a.onnx', 'b.onnx', 'in/c.onnx', 'in/deep/d.ONNX', 'x[1].onnx']);
  });

  it('each model is there once', () => {
    expect(below('a.onnx', '*.onnx')).toEqual(['a.onnx', 'b.onnx', 'x[1].onnx']);
  });

  it('nothing is a wrong call', () => {
    expect(() => modelPaths([at('*.none')])).toThrow(`No file matches ${at('*.none')}.`);
    mkdirSync(at('empty'), { recursive: true });
    expect(() => modelPaths([at('empty')])).toThrow('There is no .onnx file below');
  });
});

describe('names of results', () => {
  it('are those of the models where all lie in one folder', () => {
    expect(resultNames(['/m/a.onnx', '/m/b.onnx'])).toEqual(['a.onnx', 'b.onnx']);
    expect(resultNames(['/m/a.onnx'])).toEqual(['a.onnx']);
  });

  it('have as much of the folders as tells them apart', () => {
    expect(resultNames(['/m/a/x.onnx', '/m/b/c/x.onnx'])).toEqual(['a/x.onnx', 'b/c/x.onnx']);
    expect(resultNames(['/m/x.onnx', '/m/b/x.onnx'])).toEqual(['x.onnx', 'b/x.onnx']);
  });

  it('never leave the folder, whatever the models have in common', () => {
    expect(resultNames(['/a/x.onnx', '/b/x.onnx'])).toEqual(['a/x.onnx', 'b/x.onnx']);
    expect(resultNames(['sample:residual-cnn', '/m/x.onnx'])).toEqual(['residual-cnn.onnx', 'm/x.onnx']);
  });
});
