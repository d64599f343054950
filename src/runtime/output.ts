/** Runs `work` and gives back what the runtime printed meanwhile, in place of printing it. */
export type Capture = (work: () => void) => string;

/**
 * Where the runtime prints by `console.log` (a browser). It binds the function when it is loaded, so this has to be
 * called before; outside of a capture everything is printed as ever.
 */
export function captureConsole(console: { log: (...words: unknown[]) => void }): Capture {
  const print = console.log.bind(console);
  let heard: string[] | null = null;
  console.log = (...words) => {
    if (heard) heard.push(words.join(' '));
    else print(...words);
  };
  return (work) => {
    const lines: string[] = [];
    heard = lines;
    try {
      work();
    } finally {
      heard = null;
    }
    return lines.join('\n');
  };
}

/** Where it prints by `fs.writeSync(1, …)` (Node), which it looks up at each call. */
export function captureWrites(fs: { writeSync: (...args: never[]) => number }): Capture {
  return (work) => {
    const lines: string[] = [];
    const write = fs.writeSync as (...args: unknown[]) => number;
    fs.writeSync = (...args: unknown[]): number => {
      if (args[0] !== 1) return write(...args);
      lines.push(String(args[1]));
      return String(args[1]).length;
    };
    try {
      work();
    } finally {
      fs.writeSync = write;
    }
    return lines.join('\n');
  };
}
