import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError } from '../../base/error.ts';
import type { FindingsStore } from '../../search/store.ts';
import type { SearchRequest } from '../../search/types.ts';
import type { DataChoice } from '../prepared-data.ts';

/** What a search is of: all that another process needs to judge a sub-network. */
export interface SearchJobFile {
  readonly whittleSearch: 1;
  /** Absolute path, or `sample:ID`. */
  readonly model: string;
  /** A recipe that is applied first; null: none. */
  readonly recipe: string | null;
  readonly data: DataChoice;
  readonly request: SearchRequest;
}

const JOB = 'job.json';

/**
 * The folder of a search: `job.json`, what it is of; `findings/KEY.json`, one file for each thing that was found out, by
 * whomever; `latency.json`, times of operators; `front-N.json`, recipes. Findings are whole or not there: a search that was
 * broken off goes on from them.
 */
export class JobFolder implements FindingsStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get(key: string): Promise<unknown> {
    const file = this.file(key);
    if (!existsSync(file)) return Promise.resolve(null);
    try {
      return Promise.resolve(JSON.parse(readFileSync(file, 'utf8')) as unknown);
    } catch {
      // Broken off by a full disk or by hand: it is found out again.
      return Promise.resolve(null);
    }
  }

  put(key: string, finding: unknown): Promise<void> {
    this.write(this.file(key), `${JSON.stringify(finding)}\n`);
    return Promise.resolve();
  }

  /** Throws `bad-file` where there is none, or none that this version reads. */
  readJob(): SearchJobFile {
    const path = join(this.path, JOB);
    let job: SearchJobFile;
    try {
      job = JSON.parse(readFileSync(path, 'utf8')) as SearchJobFile;
    } catch (error) {
      throw new CodedError(
        'bad-file',
        `${path} cannot be read: ${(error as Error).message}. Give the folder of a search (whittle search … --out DIR).`,
      );
    }
    if ((job.whittleSearch as number) !== 1) {
      throw new CodedError(
        'bad-file',
        `${path} is no search that this Whittle reads. Begin it anew in another folder.`,
      );
    }
    return job;
  }

  writeJob(job: SearchJobFile): void {
    this.write(join(this.path, JOB), `${JSON.stringify(job, null, 2)}\n`);
  }

  private file = (key: string): string => join(this.path, 'findings', `${key}.json`);

  /** Two processes may write the same: each writes apart, and the last one to rename wins. */
  private write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const part = `${path}.${process.pid}`;
    writeFileSync(part, text);
    renameSync(part, path);
  }
}
