import type { Capabilities, WebnnDevice } from './types.ts';

type Found = Pick<Capabilities, 'webnn' | 'webnnReason'>;
/** The part of `navigator.ml` that is needed (W3C, Web Neural Network API). */
interface Ml {
  createContext(options: { deviceType: WebnnDevice }): Promise<unknown>;
}

const DEVICES: readonly WebnnDevice[] = ['cpu', 'gpu', 'npu'];

/** On which kinds of devices WebNN computes here, or why there is none. */
export async function findWebnn(scope: { readonly navigator: object } = self): Promise<Found> {
  const { ml } = scope.navigator as { readonly ml?: Ml };
  if (!ml) return { webnn: null, webnnReason: 'This browser has no WebNN.' };
  const found: WebnnDevice[] = [];
  let reason = '';
  for (const deviceType of DEVICES) {
    try {
      await ml.createContext({ deviceType });
      found.push(deviceType);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  if (found.length > 0) return { webnn: found, webnnReason: null };
  return { webnn: null, webnnReason: `WebNN is here, but offers no device: ${reason}` };
}
