/** `Chromium 156 on Linux`, as far as the browser tells. */
export function agentName(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Version)\/(\d+)/.exec(agent);
  const names: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', Chrome: 'Chromium', Version: 'Safari' };
  const system = /(Windows|Macintosh|Android|iPhone|iPad|CrOS|Linux)/.exec(agent)?.[1];
  if (!browser?.[1]) return agent.slice(0, 32);
  return `${names[browser[1]] ?? browser[1]} ${browser[2] ?? ''}${system ? ` on ${system === 'Macintosh' ? 'macOS' : system}` : ''}`;
}

/** Where something was measured, as tuning writes it down: the agent first, parted by dots. */
export function deviceName(device: string): string {
  const [agent = '', ...rest] = device.split(' · ');
  return [agentName(agent), ...rest].join(' · ');
}
