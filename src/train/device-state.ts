import { defined } from '../base/assert.ts';
import type { DeviceTensor, HostTensor } from '../runtime/types.ts';
import { floatsOf } from './step-values.ts';
import type { StateSlot } from './trainer.ts';

export const isHost = (tensor: HostTensor | DeviceTensor): tensor is HostTensor => 'data' in tensor;

/**
 * What steps are given and give back changed, by name of the input. It lies on the device from the first step on; what was
 * there before is given back to the runtime.
 */
export class DeviceState {
  private readonly held = new Map<string, HostTensor | DeviceTensor>();

  /** Numbers from outside, which the next step takes to the device. */
  place({ input }: StateSlot, shape: readonly number[], data: Float32Array<ArrayBuffer>): void {
    this.hold(input, { dtype: 'float32', shape, data });
  }

  /** Takes over what a step gave for some slots; the rest of it is given back. */
  take(slots: readonly StateSlot[], kept: Readonly<Record<string, DeviceTensor>>): void {
    const rest = new Map(Object.entries(kept));
    for (const { input, output } of slots) {
      this.hold(input, defined(rest.get(output), `the output ${output} of the step`));
      rest.delete(output);
    }
    for (const tensor of rest.values()) tensor.dispose();
  }

  feeds = (): Readonly<Record<string, HostTensor | DeviceTensor>> => Object.fromEntries(this.held);

  /** A copy. */
  async read({ input }: StateSlot): Promise<Float32Array<ArrayBuffer>> {
    const tensor = defined(this.held.get(input), `the state ${input}`);
    return floatsOf(isHost(tensor) ? tensor : await tensor.read()).slice();
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
