/** Union-find over dense integers, with path halving. The smaller member leads, so that results do not depend on luck. */
export class UnionFind {
  private parent = new Int32Array(1024);
  private count = 0;

  /** Adds `count` singletons; returns the first. */
  add(count = 1): number {
    const first = this.count;
    this.count += count;
    if (this.count > this.parent.length) {
      const grown = new Int32Array(Math.max(this.count, this.parent.length * 2));
      grown.set(this.parent);
      this.parent = grown;
    }
    for (let i = first; i < this.count; i++) this.parent[i] = i;
    return first;
  }

  get size(): number {
    return this.count;
  }

  find(member: number): number {
    const parent = this.parent;
    let at = member;
    for (;;) {
      const up = parent[at] ?? at;
      if (up === at) return at;
      const next = parent[up] ?? up;
      parent[at] = next;
      at = next;
    }
  }

  /** The leader of both. */
  union(a: number, b: number): number {
    const x = this.find(a);
    const y = this.find(b);
    const leader = Math.min(x, y);
    this.parent[Math.max(x, y)] = leader;
    return leader;
  }
}
