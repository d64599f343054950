import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { hostNames, lanAddresses } from './addresses.ts';

const at = (address: string, more: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo =>
  ({ address, netmask: '', mac: '', internal: false, cidr: null, family: 'IPv4', ...more }) as NetworkInterfaceInfo;

test('addresses of the local network come before public ones and those of containers', () => {
  expect(
    lanAddresses({
      lo: [at('127.0.0.1', { internal: true })],
      docker0: [at('172.17.0.1')],
      eth1: [at('203.0.113.9')],
      wlan0: [at('fe80::1', { family: 'IPv6', scopeid: 2 }), at('192.168.1.5'), at('169.254.3.3')],
      gone: undefined,
    }),
  ).toEqual(['192.168.1.5', '203.0.113.9', '172.17.0.1']);
});

test('a machine is known by its name, and by it in the local network', () => {
  expect(hostNames('Desk')).toEqual(['desk', 'desk.local']);
  expect(hostNames('desk.lan')).toEqual(['desk.lan']);
  expect(hostNames('localhost')).toEqual([]);
});
