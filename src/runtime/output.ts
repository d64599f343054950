/** Starts to keep what the runtime prints, in place of printing it; the function that it gives back ends that. */
export type Capture = () => () => string;

const METHODS = ['log', 'info', 'debug', 'warn', 'error'] as const;
type Printer = Record<(typeof METHODS)[number], (...words: unknown[]) => void>;

/**
 * Where the runtime prints by the console (a browser). It binds the functions when it is loaded, so this has to be
 * called before; outside of a capture everything is printed as ever.
 */
export function captureConsole(console: Partial<Printer> & Pick<Printer, 'log'>): Capture {
  let heard: string[] | null = null;
  for (const method of METHODS) {
    const print = console[method]?.bind(console);
    if (!print) continue;
    console[method] = (...words) => {
      if (heard) heard.push(words.join(' '));
      else print(...words);
    };
  }
  return () => {
    const lines: string[] = [];
    heard = lines;
    return () => {
      heard = null;
      return lines.join('\n');
    };
  };
}

/** Standard output and standard error. */
const PRINTED: ReadonlySet<unknown> = new Set([1, 2]);

/** Where it prints by `fs.writeSync` (Node), which it looks up at each call. */
export function captureWrites(fs: { writeSync: (...args: never[]) => number }): Capture {
  return () => {
    const lines: string[] = [];
    const write = fs.writeSync as (...args: unknown[]) => number;
    fs.writeSync = (...args: unknown[]): number => {
      if (!PRINTED.has(args[0])) return write(...args);
      const text = textOf(args[1]);
      lines.push(text);
      return text.length;
    };
    return () => {
      fs.writeSync = write;
      return lines.join('\n');
    };
  };
}

/** A profile comes as hundreds of thousands of lines: making a decoder for each would take longer than the runs. */
const decoder = new TextDecoder();
const textOf = (written: unknown): string =>
  ArrayBuffer.isView(written)
    ? decoder.decode(new Uint8Array(written.buffer, written.byteOffset, written.byteLength))
    : String(written);
