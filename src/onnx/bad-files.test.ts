import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { badFiles, goodModel, type BadFile } from '../testing/bad-files.ts';
import { memoryFiles } from './external.ts';
import { readModel } from './read.ts';
import { writeModel } from './write.ts';

/** Opens a file as the studio does; where the graph opens, weights are read too. */
function complaint(bad: BadFile): CodedError {
  const [model, ...others] = bad.files;
  const external = memoryFiles(new Map(others.map((file) => [file.name, file.bytes])));
  try {
    const opened = readModel(model!.bytes, { external });
    expect(bad.opens, `${bad.name} opens`).toBe(true);
    expect(opened.missing).toEqual(['weights.bin']);
    verifyModel(opened.model);
    writeModel(opened.model);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error(`${bad.name} was accepted`);
}

describe('bad files', () => {
  it('opens the model that they are made from', () => {
    expect(readModel(goodModel()).warnings).toEqual([]);
  });

  it('are many, and have names of their own', () => {
    const files = badFiles();
    expect(files.length).toBeGreaterThanOrEqual(20);
    expect(new Set(files.map((file) => file.name)).size).toBe(files.length);
  });

  it.each(badFiles().map((bad) => [bad.name, bad] as const))('%s is answered with its message', (_, bad) => {
    const error = complaint(bad);
    expect({ code: error.code, message: error.message }).toEqual({ code: bad.code, message: bad.message });
  });
});
