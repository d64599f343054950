import { CodedError } from '../../base/error.ts';
import { bytesPerPosition, type LayerShape } from '../cache/layout.ts';
import { ContiguousServer, finalLength } from './contiguous.ts';
import { drawRequests, type Mix, type Request } from './mix.ts';
import { PagedServer } from './paged.ts';
import { serve, type Served } from './serve.ts';
import type { Server } from './server.ts';

export interface SimulationRequest {
  readonly mix: Mix;
  readonly layers: readonly LayerShape[];
  /** Bytes that all keys and values have together. */
  readonly memory: number;
  /** Sizes of blocks, in positions. */
  readonly blocks: readonly number[];
}

/** `reserve-max`: one piece of the longest length for each request; `reserve-exact`: of the length that it will have. */
export type SimulatedPolicy = 'reserve-max' | 'reserve-exact' | 'paged' | 'paged-shared';

export interface PolicyResult extends Served {
  readonly policy: SimulatedPolicy;
  /** Positions of a block. */
  readonly block: number | null;
  readonly peakBytes: number;
  /** Sequences while others waited, against `reserve-max`; null where nobody waited. */
  readonly timesReserveMax: number | null;
}

export interface Simulation {
  readonly memory: { readonly bytes: number; readonly positions: number; readonly bytesPerPosition: number };
  /** What was drawn: mean lengths, and how many begin with a system prompt that another one begins with too. */
  readonly requests: {
    readonly count: number;
    readonly prompt: number;
    readonly generated: number;
    readonly longest: number;
  };
  readonly policies: readonly PolicyResult[];
}

interface Policy {
  readonly policy: SimulatedPolicy;
  readonly block: number | null;
  readonly server: () => Server;
}

function policiesFor({ mix, blocks }: SimulationRequest, positions: number): Policy[] {
  const paged = blocks.flatMap((block): Policy[] => [
    { policy: 'paged', block, server: () => new PagedServer(positions, block, false) },
    { policy: 'paged-shared', block, server: () => new PagedServer(positions, block, true) },
  ]);
  return [
    { policy: 'reserve-max', block: null, server: () => new ContiguousServer(positions, () => mix.maxLength) },
    { policy: 'reserve-exact', block: null, server: () => new ContiguousServer(positions, finalLength) },
    ...paged,
  ];
}

const meanOf = (requests: readonly Request[], of: (request: Request) => number): number =>
  requests.reduce((sum, request) => sum + of(request), 0) / requests.length;

/** Refuses a memory in which the longest request would have no room. */
function positionsIn({ mix, layers, memory, blocks }: SimulationRequest): number {
  const perPosition = bytesPerPosition(layers);
  const positions = Math.floor(memory / perPosition);
  const wanted = Math.max(mix.maxLength, ...blocks.map((block) => Math.ceil(mix.maxLength / block) * block));
  if (positions >= wanted) return positions;
  const message =
    `The memory holds ${positions} positions of ${perPosition} bytes, and the longest request wants ${wanted}: ` +
    `give at least ${wanted * perPosition} bytes, or shorten the longest request.`;
  throw new CodedError('bad-request', message, { positions, wanted });
}

/** The same requests, served in the same memory under each policy. */
export function simulate(request: SimulationRequest): Simulation {
  const positions = positionsIn(request);
  const perPosition = bytesPerPosition(request.layers);
  const requests = drawRequests(request.mix);
  const results = policiesFor(request, positions).map(({ policy, block, server }) => {
    const served = serve(requests, server(), positions);
    return { policy, block, ...served, peakBytes: served.peak * perPosition };
  });
  const base = results[0]!.sequences.whileOthersWait;
  return {
    memory: { bytes: request.memory, positions, bytesPerPosition: perPosition },
    requests: {
      count: requests.length,
      prompt: meanOf(requests, ({ prompt }) => prompt.length),
      generated: meanOf(requests, ({ generated }) => generated),
      longest: Math.max(...requests.map(finalLength)),
    },
    policies: results.map((result) => {
      const { whileOthersWait } = result.sequences;
      return { ...result, timesReserveMax: base === null || whileOthersWait === null ? null : whileOthersWait / base };
    }),
  };
}
