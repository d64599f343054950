import { writeFiles, type WrittenFiles } from '../onnx/write.ts';
import type { Stop } from './document.ts';
import type { Parcel } from './ports.ts';

/** From here on an initializer lies in the external file, bytes: as ONNX's own tools have it. */
export const THRESHOLD = 1024;

/**
 * A stop as files; weights go from file to file in pieces. Throws as writing does.
 *
 * @param location the name of the external file, in the folder of the result
 * @param threshold initializers of at least so many bytes lie in it; null: those of 1 kB, where weights lie beside the
 *   opened model, else none
 */
export function exportFiles(stop: Stop, location: string, threshold: number | null): WrittenFiles {
  if (threshold !== null) return writeFiles(stop.model, { externalData: { location, threshold } });
  const beside = [...stop.original.model.graphs.values()].some((graph) =>
    [...graph.initializers.values()].some(({ source }) => source.kind === 'external'),
  );
  return writeFiles(stop.model, beside ? { externalData: { location, threshold: THRESHOLD } } : {});
}

/** A stop in one piece, for the runtime. */
export const parcelOf = (stop: Stop, name: string): Parcel => ({ name, bytes: writeFiles(stop.model).model });
