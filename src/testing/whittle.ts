import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect, vi } from 'vitest';
import { main } from '../cli/main.ts';
import { schemaFor } from '../cli/schemas/published.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process with what it prints caught. What `--json` prints is held to its schema. */
export async function whittle(...argv: string[]): Promise<Ran> {
  const ran = await caught(argv);
  const [command = ''] = argv;
  if (argv.includes('--json') && ran.out !== '') expectPublished(command, JSON.parse(ran.out));
  return ran;
}

async function caught(argv: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  try {
    return { code: await main(argv), out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const validators = new Map<string, ValidateFunction>();

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known) return known;
  const made = new Ajv2020({ allowUnionTypes: true }).compile(schemaFor(name) ?? {});
  validators.set(name, made);
  return made;
}

/** Holds a result to the schema of its command; an error that stands alone, to that of errors. */
export function expectPublished(command: string, value: unknown): void {
  const isError = typeof value === 'object' && value !== null && Object.keys(value).join() === 'error';
  const validate = validatorOf(isError ? 'error' : command);
  validate(value);
  expect(validate.errors ?? [], `${command} --json against its schema`).toEqual([]);
}
