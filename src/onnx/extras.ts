import type { Attribute, AttributeExtras, EncodedType, Extras } from '../ir/model.ts';
import type { AttributeDraft, Documented, OpsetDraft, ValueInfoDraft } from './model-proto.ts';

const NONE: Extras = {};

/** What Whittle keeps of a message without interpreting it. */
export function extrasOf(draft: Documented): Extras {
  if (draft.docString === null && draft.metadata === null && draft.unknown === null) return NONE;
  return {
    ...(draft.docString === null ? {} : { docString: draft.docString }),
    ...(draft.metadata === null ? {} : { metadataProps: draft.metadata }),
    ...(draft.unknown === null ? {} : { unknown: draft.unknown }),
  };
}

export function extrasOfInfo(draft: ValueInfoDraft): Extras {
  const type = draft.type?.type;
  const extras = extrasOf(draft);
  const bytes = draft.type?.encoded;
  return type && bytes ? { ...extras, encodedTypes: [{ type, bytes }] } : extras;
}

/** The same object where there is nothing to merge: most values have no remarks. */
export const mergeExtras = (first: Extras, second: Extras): Extras =>
  second === NONE ? first : first === NONE ? second : { ...first, ...second };

export function withOpsets(extras: Extras, opsets: readonly OpsetDraft[]): Extras {
  const unknown = new Map<string, readonly Uint8Array[]>();
  for (const opset of opsets) if (opset.unknown) unknown.set(plainDomain(opset.domain), opset.unknown);
  return unknown.size === 0 ? extras : { ...extras, opsetUnknown: unknown };
}

export function withExtras(attribute: Attribute, draft: AttributeDraft): Attribute {
  const encoded: EncodedType[] = [];
  for (const each of [draft.typeProto, ...(draft.types ?? [])]) {
    if (each?.type && each.encoded) encoded.push({ type: each.type, bytes: each.encoded });
  }
  if (draft.docString === null && draft.unknown === null && encoded.length === 0) return attribute;
  const extras: AttributeExtras = {
    ...(draft.docString === null ? {} : { docString: draft.docString }),
    ...(draft.unknown === null ? {} : { unknown: draft.unknown }),
    ...(encoded.length === 0 ? {} : { encodedTypes: encoded }),
  };
  return { ...attribute, extras };
}

/** `ai.onnx` has two spellings; Whittle has one. */
export const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);
