import type { NetworkInterfaceInfo } from 'node:os';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Networks of containers and virtual machines: no phone is in them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vethernet|utun|tun|tap|zt|wg)/i;
const PRIVATE = /^(192\.168\.|10\.|172\.(1[6-9]|2\d|3[01])\.)/;

const rank = (name: string, address: string): number => (VIRTUAL.test(name) ? 2 : 0) + (PRIVATE.test(address) ? 0 : 1);

/** This machine's IPv4 addresses in its networks, the likeliest one for a phone first. */
export function lanAddresses(interfaces: Interfaces): readonly string[] {
  return Object.entries(interfaces)
    .flatMap(([name, addresses]) =>
      (addresses ?? [])
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map(({ address }) => ({ address, rank: rank(name, address) })),
    )
    .filter(({ address }) => !address.startsWith('169.254.'))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}

/** Names by which this machine is known in its network. */
export function hostNames(hostname: string): readonly string[] {
  const name = hostname.toLowerCase();
  return name === '' || name === 'localhost' ? [] : name.includes('.') ? [name] : [name, `${name}.local`];
}
