import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** SHA-256, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
}

const DAY = 24 * 3600_000;
/** Browsers refuse certificates that hold for more than 398 days. */
const LIFETIME = 365 * DAY;
const RENEWED = 30 * DAY;

const isFor = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;

async function kept(folder: string, names: readonly string[], now: number): Promise<Certificate | null> {
  try {
    const [key, cert] = await Promise.all([
      readFile(join(folder, 'key.pem'), 'utf8'),
      readFile(join(folder, 'cert.pem'), 'utf8'),
    ]);
    const certificate = new X509Certificate(cert);
    const isFresh = Date.parse(certificate.validTo) - now > RENEWED && Date.parse(certificate.validFrom) <= now;
    const isWhole = certificate.checkPrivateKey(createPrivateKey(key));
    if (!isFresh || !isWhole || !names.every((name) => isFor(certificate, name))) return null;
    return { key, cert, fingerprint: certificate.fingerprint256 };
  } catch {
    // Not there, or damaged: a new one is made.
    return null;
  }
}

/** Only the owner may read it, from the first byte on. */
async function keep(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}

/**
 * The server's own certificate for these names and addresses, made at the first use and kept in `folder`; made anew when
 * they change, or when it ends within 30 days. `now`: ms since 1970.
 */
export async function ownCertificate(folder: string, names: readonly string[], now: number): Promise<Certificate> {
  const found = await kept(folder, names, now);
  if (found) return found;
  const made = await generate([{ name: 'commonName', value: 'Whittle on this machine' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY),
    notAfterDate: new Date(now + LIFETIME),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await keep(folder, 'key.pem', made.private);
  await keep(folder, 'cert.pem', made.cert);
  return { key: made.private, cert: made.cert, fingerprint: new X509Certificate(made.cert).fingerprint256 };
}
