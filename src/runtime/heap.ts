/** Sees every memory that WASM modules are given while `work` runs; the largest of them, bytes. */
export async function watchMemory<T>(work: (bytes: () => number) => Promise<T>): Promise<T> {
  const { Memory } = WebAssembly;
  const seen: WebAssembly.Memory[] = [];
  // The runtime makes its memory itself, in JavaScript, and hands nobody a reference.
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, given: [WebAssembly.MemoryDescriptor]) {
      const memory = new target(...given);
      seen.push(memory);
      return memory;
    },
  });
  try {
    return await work(() => Math.max(0, ...seen.map(({ buffer }) => buffer.byteLength)));
  } finally {
    WebAssembly.Memory = Memory;
  }
}
