/** One command of a shell: its words, and the comment behind it. */
export interface ShellCommand {
  readonly words: readonly string[];
  readonly comment: string;
}

/** A redirection with its target, a word (in single quotes, double ones or none), what stands between commands, a comment. */
const TOKEN =
  /\d?[<>]+&?\s*\S*|(?<word>(?:'[^']*'|"[^"]*"|[^\s'"#|&;<>]|(?<=\S)#)+)|(?<end>\|\||&&|[|;&])|#\s*(?<remark>.*)$/g;

const unquoted = (word: string): string => word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, two) => one ?? two);

/** The commands of a script, those of a pipe or list each by itself; where results are sent to is left out. */
export function shellCommands(script: string): ShellCommand[] {
  return script
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap(commandsOfLine);
}

function commandsOfLine(line: string): ShellCommand[] {
  const found: string[][] = [[]];
  let comment = '';
  for (const { groups } of line.matchAll(TOKEN)) {
    if (groups?.['word'] !== undefined) found.at(-1)?.push(unquoted(groups['word']));
    else if (groups?.['end'] !== undefined) found.push([]);
    else if (groups?.['remark'] !== undefined) comment = groups['remark'];
  }
  return found.filter((words) => words.length > 0).map((words) => ({ words, comment }));
}

const STARTS = ['whittle', 'npm run --silent whittle --', 'node scripts/whittle.mjs'].map((start) => start.split(' '));

/** What `whittle` is given; null: another command. */
export function whittleWords(words: readonly string[]): readonly string[] | null {
  const start = STARTS.find((each) => each.every((word, at) => words[at] === word));
  return start ? words.slice(start.length) : null;
}
