import type { SearchRequest, SpaceRequest } from './types.ts';

export const SPACE_REQUEST: SpaceRequest = {
  kinds: ['width', 'heads', 'depth', 'kernel', 'resolution'],
  shares: [0.25, 0.5, 0.75, 0.875, 0.9375, 1],
  roundTo: 4,
  genes: {},
};

export const SEARCH: SearchRequest = {
  space: SPACE_REQUEST,
  quality: null,
  objectives: ['latency', 'quality'],
  constraints: [],
  strategy: 'evolution',
  population: 40,
  crossover: 0.9,
  mutation: null,
  predictor: true,
  // For the few evaluations of most searches a first look costs more than it gives.
  halving: false,
  evaluations: 200,
  minutes: null,
  seed: 0,
  samples: 500,
  repair: null,
  threads: 1,
  verified: 10,
};
