import type { Folder } from './types.ts';

/** Trainings whose checkpoints are kept; those that were written to longest ago go first. */
const KEPT = 4;
const INDEX = 'index.json';
/** At the end of a file that is whole: a mark, a count that goes up with each write, and the length of what is before. */
const TRAILER = 16;
const MARK = 0x57_43_4b_50;

/** The last state of a training, whatever happened while a newer one was being written. */
export interface KeptCheckpoint {
  /** Null: there is none. */
  load(): Promise<Uint8Array<ArrayBuffer> | null>;
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  drop(): Promise<void>;
}

interface Slot {
  readonly count: number;
  readonly content: Blob;
}

async function slotOf(file: Blob | null): Promise<Slot | null> {
  if (!file || file.size < TRAILER) return null;
  const trailer = new DataView(await file.slice(file.size - TRAILER).arrayBuffer());
  const length = file.size - TRAILER;
  if (trailer.getUint32(0) !== MARK || trailer.getFloat64(8) !== length) return null;
  return { count: trailer.getUint32(4), content: file.slice(0, length) };
}

function trailerOf(count: number, length: number): ArrayBuffer {
  const trailer = new DataView(new ArrayBuffer(TRAILER));
  trailer.setUint32(0, MARK);
  trailer.setUint32(4, count);
  trailer.setFloat64(8, length);
  return trailer.buffer;
}

/** Names a folder: two runs with the same name are told apart by the key inside of their checkpoints. FNV-1a, twice. */
function folderOf(key: string): string {
  const hash = (basis: number): string => {
    let all = basis;
    for (let i = 0; i < key.length; i++) all = Math.imul(all ^ key.charCodeAt(i), 0x01_00_01_93);
    return (all >>> 0).toString(16).padStart(8, '0');
  };
  return `${hash(0x81_1c_9d_c5)}${hash(0x9e_37_79_b9)}`;
}

/**
 * The checkpoint of the training that `key` tells from others. Two files take turns, so that one of them is whole at any
 * time.
 */
export function keptCheckpoint(folder: Folder, key: string): KeptCheckpoint {
  const own = folderOf(key);
  const slots = () => Promise.all([0, 1].map(async (slot) => slotOf(await folder.read(`${own}/${slot}`))));
  const write = (path: string, content: Blob) => folder.write(path, content, () => Promise.resolve());
  const index = async (): Promise<readonly string[]> => {
    try {
      const names: unknown = JSON.parse((await (await folder.read(INDEX))?.text()) ?? '[]');
      return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    } catch {
      // A damaged index is replaced at the next write.
      return [];
    }
  };
  return {
    async load() {
      const [a, b] = await slots();
      const newer = (a?.count ?? -1) > (b?.count ?? -1) ? a : b;
      return newer ? new Uint8Array(await newer.content.arrayBuffer()) : null;
    },
    save: (bytes) =>
      folder.exclusive(async () => {
        const names = [...(await index()).filter((name) => name !== own), own];
        const gone = names.slice(0, -KEPT);
        for (const name of gone) await folder.remove(name);
        await write(INDEX, new Blob([JSON.stringify(names.slice(gone.length))]));
        const [a, b] = await slots();
        const [first, second] = [a?.count ?? 0, b?.count ?? 0];
        const older = first <= second ? 0 : 1;
        const count = Math.max(first, second) + 1;
        await write(`${own}/${older}`, new Blob([bytes, trailerOf(count, bytes.length)]));
      }),
    drop: () => folder.exclusive(() => folder.remove(own)),
  };
}
