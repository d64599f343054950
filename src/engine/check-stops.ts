import { loosest } from '../base/exactness.ts';
import type { Job } from '../base/job.ts';
import type { StopsRequest, VerifyResult } from '../verify/types.ts';
import type { OpenDocument } from './opened.ts';
import type { RuntimePort } from './ports.ts';

/** How a whole recipe is checked where nobody says otherwise: WASM, as it is written and as the runtime optimizes it. */
export const WHOLE: StopsRequest = { seeds: 3, backends: ['wasm'], levels: ['disabled', 'all'], threads: 1 };

/** Compares stop `b` with stop `a`, at the class of the loosest step between them. */
export function verifyStops(
  document: OpenDocument,
  a: number,
  b: number,
  request: StopsRequest,
  port: RuntimePort,
  job: Job,
): Promise<VerifyResult> {
  const exactness = document.exactness(a, b);
  const { original, ports, text } = document.compared(a, b);
  // Other sizes take other kernels, which sum in another order.
  const level = ports && ports.parts > 1 ? loosest([exactness, 'order']) : exactness;
  const full = { ...request, class: level, ...(ports ? { ports } : {}), ...(text && { text }) };
  return port.verify(original, document.parcel(b), full, job);
}
