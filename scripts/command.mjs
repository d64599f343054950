// The command line inside a script: what it says with --json, as an object.

/** @param load as `withSource` gives it */
export async function commandOf(load) {
  const { main } = await load('/src/cli/main.ts');
  return async (...argv) => {
    let out = '';
    const write = process.stdout.write;
    process.stdout.write = (text) => ((out += text), true);
    try {
      const code = await main([...argv, '--json']);
      if (code !== 0) throw new Error(`whittle ${argv.join(' ')} ended with ${code}`);
    } finally {
      process.stdout.write = write;
    }
    return JSON.parse(out);
  };
}
