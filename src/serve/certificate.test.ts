import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownCertificate } from './certificate.ts';

const DAY = 24 * 3600_000;
const NAMES = ['studio.test', '127.0.0.1', '192.168.1.5'];
const NOW = Date.now();
let folder = '';
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'whittle-certificate-')), 'kept');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

describe("the server's own certificate", () => {
  test('holds for its names and addresses, for about a year, for servers only, and is kept for its owner alone', async () => {
    const { cert, key, fingerprint } = await ownCertificate(folder, NAMES, NOW);
    const certificate = new X509Certificate(cert);
    expect(certificate.checkHost('studio.test')).toBe('studio.test');
    expect(certificate.checkIP('192.168.1.5')).toBe('192.168.1.5');
    expect(certificate.checkHost('evil.test')).toBeUndefined();
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(fingerprint).toBe(certificate.fingerprint256);
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY;
    expect(days).toBeGreaterThan(300);
    expect(days).toBeLessThan(398);
    expect((await stat(join(folder, 'key.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test('stays the same while it fits, and is made anew for other names, near its end, and where it is damaged', async () => {
    const first = await ownCertificate(folder, NAMES, NOW);
    expect(await ownCertificate(folder, NAMES.slice(1), NOW + 300 * DAY)).toEqual(first);
    const moved = await ownCertificate(folder, [...NAMES, '10.0.0.9'], NOW);
    expect(moved.fingerprint).not.toBe(first.fingerprint);
    const renewed = await ownCertificate(folder, NAMES, NOW + 340 * DAY);
    expect(renewed.fingerprint).not.toBe(moved.fingerprint);
    await writeFile(join(folder, 'cert.pem'), 'no certificate');
    const again = await ownCertificate(folder, NAMES, NOW);
    expect(again.fingerprint).not.toBe(renewed.fingerprint);
    expect(await readFile(join(folder, 'cert.pem'), 'utf8')).toBe(again.cert);
  });

  test('lets a client that trusts it in by every name', async () => {
    const { cert, key } = await ownCertificate(folder, NAMES, NOW);
    const server = createServer({ cert, key }, (_, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const servername of ['studio.test', '']) {
      const status = await new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port, ca: cert, servername }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
      expect(status).toBe(200);
    }
    server.closeAllConnections();
    server.close();
  });
});
