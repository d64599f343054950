import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CodedError } from '../base/error.ts';
import { UsageError } from './arguments.ts';

/** What goes into a file: whole, or in pieces that are made when they are written. */
export type Content = string | Uint8Array | Iterable<Uint8Array>;

/** Files that are being written, so that a process which is ended leaves none behind. */
const unfinished = new Set<string>();
const removeUnfinished = (): void => unfinished.forEach((path) => rmSync(path, { force: true }));

/** Makes files that are there as a whole or not at all: each is written beside its place, then renamed. */
export class FileSet {
  private readonly parts: { readonly part: string; readonly path: string }[] = [];

  /** Writes one of the files. Throws `unsupported` where the disk does not take it; nothing is left behind then. */
  put(path: string, content: Content): void {
    const target = targetOf(path);
    // A device or a pipe is written to, never replaced.
    const part = target.isPlain ? `${target.path}.${process.pid}.part` : target.path;
    try {
      if (target.isPlain) this.begin(part, target.path);
      writeAll(part, content);
    } catch (error) {
      this.drop();
      throw unwritable(path, error);
    }
  }

  /** Puts all of them into their places. */
  keep(): void {
    for (const { part, path } of this.parts) {
      renameSync(part, path);
      unfinished.delete(part);
    }
    this.parts.length = 0;
  }

  /** Takes back what was written. */
  drop(): void {
    for (const { part } of this.parts) {
      rmSync(part, { force: true });
      unfinished.delete(part);
    }
    this.parts.length = 0;
  }

  private begin(part: string, path: string): void {
    if (!process.listeners('exit').includes(removeUnfinished)) process.on('exit', removeUnfinished);
    unfinished.add(part);
    this.parts.push({ part, path });
  }
}

/** One file, whole or not at all. */
export function writeFile(path: string, content: Content): void {
  const files = new FileSet();
  files.put(path, content);
  files.keep();
}

/** A link is followed, so that it stays one. */
function targetOf(path: string): { readonly path: string; readonly isPlain: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? { path: realpathSync(path), isPlain: found.isFile() } : { path, isPlain: true };
}

function writeAll(path: string, content: Content): void {
  const fd = openSync(path, 'w');
  try {
    const pieces = typeof content === 'string' ? [new TextEncoder().encode(content)] : piecesOf(content);
    for (const piece of pieces) {
      for (let done = 0; done < piece.byteLength;) done += writeSync(fd, piece, done);
    }
  } finally {
    closeSync(fd);
  }
}

const piecesOf = (content: Exclude<Content, string>): Iterable<Uint8Array> =>
  content instanceof Uint8Array ? [content] : content;

function unwritable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof CodedError) return error;
  return new CodedError('unsupported', `${path} cannot be written: ${error.message}.`, { file: path });
}

/** Refuses a place where no file can be written, before any work is done for it: a wrong call. */
export function requireWritable(path: string, option: string): void {
  const say = (reason: string): UsageError => new UsageError(`--${option} ${path} cannot be written: ${reason}.`);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw say('it is a folder');
  const folder = dirname(resolve(path));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw say(`there is no folder ${folder}`);
  try {
    accessSync(found ? path : folder, constants.W_OK);
  } catch {
    throw say(found ? 'it may not be changed' : `nothing may be written in ${folder}`);
  }
}

/** A folder for results, made where it is missing. */
export function makeFolder(path: string, option: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--${option} ${path} is no folder to write to: ${(error as Error).message}.`);
  }
}
