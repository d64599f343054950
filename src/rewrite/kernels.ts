import { kernelVerdict, KERNELS_OF, type KernelName } from '../ops/kernels.ts';
import type { Backend } from './pass.ts';

const RUNTIMES = ['wasm', 'webgpu'] as const;

/** Backends on which at least one of these kernels is there and right, as the runtime was probed. */
export const backendsWith = (...kernels: readonly KernelName[]): readonly Backend[] =>
  RUNTIMES.filter((backend) => kernels.some((name) => kernelVerdict(name, backend) === 'right'));

/** Why a graph for this backend had better not ask for the kernel, as a clause; null: it is there and right. */
export function kernelRefusal(name: KernelName, backend: Backend): string | null {
  const [operator] = name.split(' ');
  if (backend === 'portable') return name.includes('.') ? `${operator} is no operator of ai.onnx` : null;
  const place = backend === 'wasm' ? 'WASM' : 'WebGPU';
  const runtime = `ONNX Runtime Web ${KERNELS_OF}`;
  switch (kernelVerdict(name, backend)) {
    case 'right':
      return null;
    case 'wrong':
      return `${runtime} gives wrong results for ${name} on ${place}`;
    case 'cpu':
      return `${runtime} has no ${place} kernel for ${operator}, and would copy to the CPU and back`;
    case 'none':
      return `${runtime} refuses ${name} on ${place}`;
    case 'unknown':
      return `${name} was not probed on ${place}`;
  }
}
