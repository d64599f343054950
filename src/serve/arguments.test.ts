import { expect, test } from 'vitest';
import { parseServeArguments } from './arguments.ts';

const parse = (...args: string[]) => parseServeArguments(args, {});
const DEFAULT = { host: null, http: false, port: 4173, build: true };

test('without arguments the studio stays on loopback, at the port of the environment if there is one', () => {
  expect(parse()).toEqual(DEFAULT);
  expect(parseServeArguments([], { PORT: '5000' })).toEqual({ ...DEFAULT, port: 5000 });
});

test('--host takes any number of names, or none', () => {
  expect(parse('--host').host).toEqual([]);
  expect(parse('--host', 'Studio.test', '--host=pi.local', '--http')).toEqual({
    ...DEFAULT,
    host: ['studio.test', 'pi.local'],
    http: true,
  });
  expect(parse('--host', '--port', '80', '--no-build')).toEqual({ host: [], http: false, port: 80, build: false });
});

test('what cannot be meant is refused with the usage', () => {
  const wrong = [['--hots'], ['x'], ['--port'], ['--port', '0'], ['--port', '65535'], ['--port', '1e3'], ['--http']];
  for (const args of [...wrong, ['--host', 'a b'], ['--host', 'https://x']]) {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(() => parse(...args)).toThrow(/npm start -- \[--host/);
  }
});
