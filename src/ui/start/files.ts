import type { GivenFile } from '../../protocol/api.ts';
import type { App } from '../../state/app.ts';

const INPUT_ID = 'file-input';
export const fileInputId = INPUT_ID;

/** Opens the browser's file dialog. */
export function chooseFiles(): void {
  const input = document.getElementById(INPUT_ID);
  if (input instanceof HTMLInputElement) input.click();
}

const asFile = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, fail) => entry.file(resolve, fail));

/** A directory's listing arrives in parts; an empty part ends it. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, fail) => reader.readEntries(resolve, fail));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

async function filesIn(entry: FileSystemEntry): Promise<readonly GivenFile[]> {
  if (entry.isFile) return [{ name: entry.fullPath.slice(1), file: await asFile(entry as FileSystemFileEntry) }];
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map(filesIn))).flat();
}

/** Files as a dialog gives them; those of a folder with their paths in it. */
export const givenFiles = (files: Iterable<File>): readonly GivenFile[] =>
  Array.from(files, (file) => ({ name: file.webkitRelativePath || file.name, file }));

/** Files of a drop; folders are looked through. The entries have to be taken before the event is over. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly GivenFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return givenFiles(transfer.files);
  return (await Promise.all(entries.flatMap((entry) => (entry ? [filesIn(entry)] : [])))).flat();
}

export const holdsFiles = (event: Pick<DragEvent, 'dataTransfer'>): boolean =>
  event.dataTransfer?.types.includes('Files') ?? false;

/** Opens what was dropped: in place of what is open, or beside it to compare with. */
export function openDropped(app: App, transfer: DataTransfer, beside: boolean): void {
  const { openFiles, openSecond } = app.actions;
  void droppedFiles(transfer).then((given) => {
    const files = given.map(({ file }) => file);
    return beside ? openSecond(files) : openFiles(files);
  });
}
