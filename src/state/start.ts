import { forecastOf } from '../prune/forecast.ts';
import { createHost, type WorkerFactory } from '../protocol/host.ts';
import { createApp, type App } from './app.ts';
import type { Platform } from './core.ts';

/** The studio over workers of its own. */
export const startApp = (workers: WorkerFactory, platform: Platform): App =>
  createApp((onGraphDeath) => createHost(workers, onGraphDeath), platform, forecastOf);
