import type { Tensor, TypedTensor } from 'onnxruntime-web';
import { CodedError } from '../base/error.ts';
import type { DataType } from '../ir/types.ts';
import { toRuntimeError } from './errors.ts';
import type { Ort } from './ort.ts';
import { fromRuntime } from './tensors.ts';
import type { Turn } from './turn.ts';
import type { DeviceTensor, HostTensor } from './types.ts';

/** An output that a session has kept where it computes. */
export class OrtDeviceTensor implements DeviceTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  private readonly name: string;
  private readonly given: TypedTensor<Tensor.Type>;
  /** What sessions are fed: reading turns a tensor of the runtime into one on the host, so another one stands for it. */
  private fed: Tensor | null;
  private readonly turn: Turn;

  constructor(ort: Ort, name: string, given: TypedTensor<Tensor.Type>, turn: Turn) {
    this.dtype = given.type as DataType;
    this.shape = [...given.dims];
    this.name = name;
    this.given = given;
    this.turn = turn;
    this.fed =
      given.location === 'gpu-buffer'
        ? ort.Tensor.fromGpuBuffer(given.gpuBuffer, {
            dataType: given.type as Tensor.GpuBufferDataTypes,
            dims: given.dims,
          })
        : given;
  }

  /** Throws `bad-request` once it is disposed of. */
  get live(): Tensor {
    if (this.fed) return this.fed;
    throw new CodedError('bad-request', `The tensor "${this.name}" was given back already.`, { value: this.name });
  }

  async read(): Promise<HostTensor> {
    void this.live;
    try {
      await this.turn(() => this.given.getData());
    } catch (error) {
      throw toRuntimeError(error, `read "${this.name}" from the device`);
    }
    return fromRuntime(this.name, this.given);
  }

  dispose(): void {
    if (!this.fed) return;
    this.fed = null;
    this.given.dispose();
  }
}

/** For the runtime; `bad-request` for a tensor of another one. */
export function fedOf(name: string, tensor: DeviceTensor): Tensor {
  if (tensor instanceof OrtDeviceTensor) return tensor.live;
  throw new CodedError('bad-request', `The input "${name}" is a tensor of another runtime.`, { value: name });
}
