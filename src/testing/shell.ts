/** One command of a shell: its words, and the comment behind it. */
export interface ShellCommand {
  readonly words: readonly string[];
  readonly comment: string;
  /** Where its results are sent to, by `> FILE`; null: nowhere. */
  readonly out: string | null;
}

/** Results sent to a file, another redirection with its target, a word (in single quotes, double ones or none), what stands between commands, a comment. */
const TOKEN =
  /(?<![\d&])>\s*(?<out>[^\s&>]+)|\d?[<>]+&?\s*\S*|(?<word>(?:'[^']*'|"[^"]*"|[^\s'"#|&;<>]|(?<=\S)#)+)|(?<end>\|\||&&|[|;&])|#\s*(?<remark>.*)$/g;

const unquoted = (word: string): string => word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, two) => one ?? two);

/** The commands of a script, those of a pipe or list each by itself. */
export function shellCommands(script: string): ShellCommand[] {
  return script
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap(commandsOfLine);
}

function commandsOfLine(line: string): ShellCommand[] {
  const found: { readonly words: string[]; out: string | null }[] = [{ words: [], out: null }];
  let comment = '';
  for (const { groups } of line.matchAll(TOKEN)) {
    const last = found.at(-1);
    if (groups?.['word'] !== undefined) last?.words.push(unquoted(groups['word']));
    else if (groups?.['out'] !== undefined && last) last.out = unquoted(groups['out']);
    else if (groups?.['end'] !== undefined) found.push({ words: [], out: null });
    else if (groups?.['remark'] !== undefined) comment = groups['remark'];
  }
  return found.filter(({ words }) => words.length > 0).map((each) => ({ ...each, comment }));
}

const STARTS = ['whittle', 'npm run --silent whittle --', 'node scripts/whittle.mjs'].map((start) => start.split(' '));

/** What `whittle` is given; null: another command. */
export function whittleWords(words: readonly string[]): readonly string[] | null {
  const start = STARTS.find((each) => each.every((word, at) => words[at] === word));
  return start ? words.slice(start.length) : null;
}
