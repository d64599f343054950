import { CodedError, toErrorRecord } from '../base/error.ts';
import { parseArguments, UsageError, type Arguments } from './arguments.ts';
import type { Command, ExitCode } from './command.ts';
import { VERSION } from '../base/version.ts';
import { COMMANDS } from './commands.ts';
import { COMMON, commandHelp, generalHelp, usageOf } from './help.ts';
import { createOutput } from './output.ts';
import { createReporter, signalledJob } from './progress.ts';
import { paintFor } from './terminal.ts';
import { requireWritable } from './write-file.ts';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
/** What went wrong, as `--json` prints it. */
const tell = (error: unknown): void => {
  process.stdout.write(`${JSON.stringify({ error })}\n`);
};

function complain(error: unknown, command: Command, json: boolean): ExitCode {
  const red = (text: string): string => paintFor(process.stderr)('red', text);
  if (error instanceof UsageError) {
    say(`${red(error.message)}\n${usageOf(command)}\nwhittle ${command.name} --help says more.`);
    if (json) tell({ code: 'bad-request', message: error.message, data: {} });
    return 2;
  }
  const record = toErrorRecord(error);
  say(red(record.message));
  if (!(error instanceof CodedError) && error instanceof Error && process.env['WHITTLE_DEBUG']) say(error.stack ?? '');
  if (json) tell(record);
  return record.code === 'bad-request' ? 2 : 1;
}

/** Places where results are to go are looked at before any work is done. */
function requireOutputs(command: Command, args: Arguments): void {
  for (const [name, option] of Object.entries(command.options)) {
    const path = option.writes ? args.text(name) : null;
    if (path !== null) requireWritable(path, name);
  }
}

async function run(command: Command, argv: readonly string[]): Promise<number> {
  const reporter = createReporter(process.stderr, argv.includes('--progress'));
  const { job, code, end } = signalledJob(reporter);
  const json = argv.includes('--json');
  try {
    const args = parseArguments(argv, { ...command.options, ...COMMON }, command.positionals);
    requireOutputs(command, args);
    return await command.run(
      args,
      createOutput(json, () => reporter.clear()),
      job,
    );
  } catch (error) {
    reporter.clear();
    const signalled = code();
    return signalled ?? complain(error, command, json);
  } finally {
    reporter.clear();
    end();
  }
}

/** Runs one command; the result is the process's exit code: an `ExitCode`, or 128 and the number of a signal. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    say(generalHelp(COMMANDS));
    return 2;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${generalHelp(COMMANDS)}\n`);
    return 0;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`whittle ${VERSION}\n`);
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (!command) {
    say(`There is no command ${name}.\n\n${generalHelp(COMMANDS)}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${commandHelp(command)}\n`);
    return 0;
  }
  return run(command, rest);
}
