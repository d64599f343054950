import { CodedError, toErrorRecord } from '../base/error.ts';
import { parseArguments, UsageError, type Options } from './arguments.ts';
import type { Command, ExitCode } from './command.ts';
import { accuracy } from './commands/accuracy.ts';
import { bench } from './commands/bench.ts';
import { bisect } from './commands/bisect.ts';
import { data } from './commands/data.ts';
import { diff } from './commands/diff.ts';
import { evaluate } from './commands/evaluate.ts';
import { generate } from './commands/generate.ts';
import { inspect } from './commands/inspect.ts';
import { kv } from './commands/kv.ts';
import { latency } from './commands/latency.ts';
import { optimizers } from './commands/optimizers.ts';
import { optimize } from './commands/optimize.ts';
import { passes } from './commands/passes.ts';
import { profile } from './commands/profile.ts';
import { prune } from './commands/prune.ts';
import { recipe } from './commands/recipe.ts';
import { search } from './commands/search.ts';
import { sensitivity } from './commands/sensitivity.ts';
import { sites } from './commands/sites.ts';
import { supernet } from './commands/supernet.ts';
import { sweep } from './commands/sweep.ts';
import { distill, recover, train } from './commands/train.ts';
import { tune } from './commands/tune.ts';
import { verify } from './commands/verify.ts';
import { createOutput, endProgress, terminalJob } from './output.ts';

const COMMANDS: readonly Command[] = [
  inspect,
  passes,
  sites,
  optimize,
  verify,
  bisect,
  diff,
  bench,
  profile,
  latency,
  optimizers,
  tune,
  prune,
  sensitivity,
  train,
  distill,
  recover,
  search,
  evaluate,
  supernet,
  accuracy,
  generate,
  data,
  kv,
  recipe,
  sweep,
];

const COMMON: Options = {
  json: { type: 'boolean', help: 'print one JSON object on stdout and nothing else' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
};

const usage = (command: Command): string => `whittle ${command.name} ${command.positionals.join(' ')} [options]`;

function help(): string {
  const rows = COMMANDS.map((command) => `  ${command.name.padEnd(11)} ${command.summary}`);
  return [
    'Whittle shapes ONNX models for the edge.',
    '',
    'whittle COMMAND …',
    '',
    ...rows,
    '',
    'whittle COMMAND --help says more.',
  ].join('\n');
}

function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...COMMON }).map(([name, option]) => {
    const short = option.short ? `-${option.short}, ` : '';
    const value = option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : '';
    return `  ${`${short}--${name}${value}`.padEnd(28)} ${option.help}`;
  });
  return [usage(command), '', command.summary, '', ...rows].join('\n');
}

function complain(error: unknown, json: boolean): ExitCode {
  const record = toErrorRecord(error);
  process.stderr.write(`${record.message}\n`);
  if (!(error instanceof CodedError) && error instanceof Error && process.env['WHITTLE_DEBUG']) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ error: record })}\n`);
  return record.code === 'bad-request' ? 2 : 1;
}

/** Runs one command; the result is the process's exit code. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    process.stderr.write(`${help()}\n`);
    return 2;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${help()}\n`);
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (!command) {
    process.stderr.write(`There is no command ${name}.\n\n${help()}\n`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${commandHelp(command)}\n`);
    return 0;
  }
  const json = rest.includes('--json');
  try {
    const args = parseArguments(rest, { ...command.options, ...COMMON }, command.positionals);
    return await command.run(args, createOutput(json), terminalJob());
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n${usage(command)}\nwhittle ${command.name} --help says more.\n`);
      return 2;
    }
    return complain(error, json);
  } finally {
    endProgress();
  }
}
