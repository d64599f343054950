import { renderUnicodeCompact } from 'uqr';
import type { JoinInfo } from '../remote/messages.ts';

/** Black on white, whatever the terminal's own colours are: readers of QR codes want it so. */
const onWhite = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    \u001b[30;107m${line}\u001b[0m`)
    .join('\n');

interface Started {
  readonly studio: string;
  readonly join: JoinInfo;
  readonly code: string;
  /** Of the studio from other machines. */
  readonly elsewhere: string | null;
}

/** What the terminal says once the studio is served. */
export function announcement({ studio, join, code, elsewhere }: Started): string {
  const said = [`  Whittle is at ${studio}`];
  said.push('  Nothing is uploaded: the page works on your own machine. Ctrl+C ends it.');
  const [best] = join.addresses;
  if (!join.open || best === undefined) return `\n${said.join('\n')}\n`;
  said.push('', '  To lend a device, open this on it, in the same network:', '');
  for (const address of join.addresses) said.push(`    ${address}`);
  said.push('', `  Code: ${code}, for one device within 10 minutes. The studio gives more, under Bench, Devices.`, '');
  said.push(onWhite(renderUnicodeCompact(`${best}#${code}`, { border: 2 })), '');
  if (join.fingerprint === null) {
    said.push('  Plain http: browsers give such a page one WASM thread and no WebGPU. Without --http it is https.');
  } else {
    said.push('  The certificate was made on this machine, and nobody vouches for it: the browser on the device');
    said.push('  will warn once. Go on if the certificate that it shows has this SHA-256:', '');
    const bytes = join.fingerprint.split(':');
    said.push(`    ${bytes.slice(0, 16).join(':')}`, `    ${bytes.slice(16).join(':')}`);
  }
  if (elsewhere !== null) said.push('', '  The studio on another computer, with devices:', `    ${elsewhere}`);
  return `\n${said.join('\n')}\n`;
}
