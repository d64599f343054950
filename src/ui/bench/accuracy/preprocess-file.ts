import type { Json } from '../../../base/json.ts';

/** Fields of a preprocessing that was saved as JSON; none where the file holds no object. */
export async function readPreprocess(file: Blob): Promise<Readonly<Record<string, Json>>> {
  try {
    const parsed = JSON.parse(await file.text()) as Json;
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { file: 'no object' };
    const { kind: _, ...fields } = parsed as Record<string, Json>;
    return fields;
  } catch {
    // Given on as a field that no preprocessing has: the refusal says which there are.
    return { file: 'no JSON' };
  }
}
