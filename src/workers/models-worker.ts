import { KeptModels } from '../storage/kept-models.ts';
import { modelsFolder } from '../storage/opfs.ts';
import type { ModelsApi } from '../protocol/api.ts';
import { serve } from '../protocol/server.ts';
import type { Endpoint } from '../protocol/wire.ts';

const models = new KeptModels(modelsFolder, Date.now);

const scope = globalThis as unknown as Endpoint;

serve<ModelsApi>(scope, {
  list: () => models.list(),
  keep: ({ name, files }, job) => models.keep(name, files, job),
  files: ({ name }) => models.files(name),
  forget: ({ name }) => models.forget(name),
  clear: () => models.clear(),
});
