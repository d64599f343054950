/**
 * A lent device as latency tables know it: browsers of two devices may call themselves the same, and each device has a
 * table of its own.
 */
export const lentAs = <T extends { readonly agent: string }>(capabilities: T, name: string): T => ({
  ...capabilities,
  agent: `${capabilities.agent} · ${name}`,
});
