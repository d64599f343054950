/** A JSON Schema (draft 2020-12), as far as results need one. Objects may always have more fields than are told. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly anyOf?: readonly Schema[];
}

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
/** A count, bytes, an index. */
export const count: Schema = { type: 'integer' };
/** What is measured; null: unknown, or no number (JSON has neither NaN nor infinity). */
export const number: Schema = { type: ['number', 'null'] };
/** A number that is always there. */
export const sure: Schema = { type: 'number' };
export const anything: Schema = {};

export const orNull = (schema: Schema): Schema =>
  typeof schema.type === 'string' && schema.enum === undefined
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const oneOf = (...words: readonly string[]): Schema => ({ type: 'string', enum: words });
export const either = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });

/** An interval, `[low, high]`. */
export const interval: Schema = { type: 'array', prefixItems: [number, number], minItems: 2, maxItems: 2 };

/** @param maybe fields that are there only where they say something */
export const object = (
  always: Readonly<Record<string, Schema>>,
  maybe: Readonly<Record<string, Schema>> = {},
): Schema => ({ type: 'object', properties: { ...always, ...maybe }, required: Object.keys(always) });

export const described = (description: string, schema: Schema): Schema => ({ ...schema, description });
