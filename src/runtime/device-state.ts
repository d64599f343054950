import { defined } from '../base/assert.ts';
import { byteLengthOf, sizeOf } from '../ir/types.ts';
import type { DeviceTensor, HostTensor } from './types.ts';

/** A tensor that a run is given, and gives back changed: names of an input and of an output. */
export interface StateSlot {
  readonly input: string;
  readonly output: string;
}

export const isHost = (tensor: HostTensor | DeviceTensor): tensor is HostTensor => 'data' in tensor;

/**
 * What runs are given and give back changed, by name of the input. It lies on the device from the first run on; what was
 * there before is given back to the runtime.
 */
export class DeviceState {
  private readonly held = new Map<string, HostTensor | DeviceTensor>();

  /** Elements from outside, which the next run takes to the device. */
  place({ input }: StateSlot, tensor: HostTensor): void {
    this.hold(input, tensor);
  }

  /** Takes over what a run gave for some slots; the rest of it is given back. */
  take(slots: readonly StateSlot[], kept: Readonly<Record<string, DeviceTensor>>): void {
    const rest = new Map(Object.entries(kept));
    for (const { input, output } of slots) {
      this.hold(input, defined(rest.get(output), `the output ${output}`));
      rest.delete(output);
    }
    for (const tensor of rest.values()) tensor.dispose();
  }

  feeds = (): Readonly<Record<string, HostTensor | DeviceTensor>> => Object.fromEntries(this.held);

  /** The data may be those that are held. */
  async read({ input }: StateSlot): Promise<HostTensor> {
    const tensor = defined(this.held.get(input), `the state ${input}`);
    return isHost(tensor) ? tensor : tensor.read();
  }

  /** Of all that is held. */
  get bytes(): number {
    return [...this.held.values()].reduce((sum, { dtype, shape }) => sum + byteLengthOf(dtype, sizeOf(shape)), 0);
  }

  release(): void {
    for (const tensor of this.held.values()) if (!isHost(tensor)) tensor.dispose();
    this.held.clear();
  }

  private hold(input: string, tensor: HostTensor | DeviceTensor): void {
    const before = this.held.get(input);
    if (before && !isHost(before)) before.dispose();
    this.held.set(input, tensor);
  }
}
