/** A model that is kept in this browser: the file and its external data. */
export interface KeptModel {
  readonly name: string;
  /** Of all its files. */
  readonly bytes: number;
  /** When it was last opened, ms since 1970. */
  readonly at: number;
  readonly files: readonly KeptFile[];
}
export interface KeptFile {
  readonly name: string;
  readonly bytes: number;
  /** As the file system said when it was opened, ms since 1970. */
  readonly modified: number;
}

/** The few things that keeping needs of a file system; paths are `/`-joined. */
export interface Folder {
  /** Null: there is no such file. */
  read(path: string): Promise<Blob | null>;
  /** Writes a file in parts; `onBytes` is told of each part and may throw to stop. A file that is not whole may stay. */
  write(path: string, content: Blob, onBytes: (bytes: number) => Promise<void>): Promise<void>;
  /** Removes a file, or a folder with all that is in it; what is not there is no fault. */
  remove(path: string): Promise<void>;
  /** Bytes that may still be written; null: the browser does not say. */
  room(): Promise<number | null>;
  /** Runs `work` while no other tab is in such a block. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** A recipe that a person kept under a name. `storage` does not read it: `recipe` is its JSON. */
export interface KeptRecipe {
  readonly id: string;
  readonly name: string;
  readonly recipe: unknown;
  /** The model that it was made with; null: it came from a file. */
  readonly model: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}
