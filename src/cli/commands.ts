import type { Command } from './command.ts';
import { accuracy } from './commands/accuracy.ts';
import { bench } from './commands/bench.ts';
import { bisect } from './commands/bisect.ts';
import { check } from './commands/check.ts';
import { completionOf } from './commands/completion.ts';
import { data } from './commands/data.ts';
import { diff } from './commands/diff.ts';
import { evaluate } from './commands/evaluate.ts';
import { generate } from './commands/generate.ts';
import { inspect } from './commands/inspect.ts';
import { kv } from './commands/kv.ts';
import { latency } from './commands/latency.ts';
import { optimize } from './commands/optimize.ts';
import { optimizers } from './commands/optimizers.ts';
import { passes } from './commands/passes.ts';
import { profile } from './commands/profile.ts';
import { prune } from './commands/prune.ts';
import { schema } from './commands/schema.ts';
import { recipe } from './commands/recipe.ts';
import { search } from './commands/search.ts';
import { sensitivity } from './commands/sensitivity.ts';
import { sites } from './commands/sites.ts';
import { supernet } from './commands/supernet.ts';
import { sweep } from './commands/sweep.ts';
import { distill, recover, train } from './commands/train.ts';
import { tune } from './commands/tune.ts';
import { verify } from './commands/verify.ts';

/** All commands, in the order of the help. One of them speaks of all others. */
export const COMMANDS: readonly Command[] = [
  inspect,
  passes,
  sites,
  optimize,
  check,
  verify,
  bisect,
  diff,
  bench,
  profile,
  latency,
  optimizers,
  tune,
  prune,
  sensitivity,
  train,
  distill,
  recover,
  search,
  evaluate,
  supernet,
  accuracy,
  generate,
  data,
  kv,
  recipe,
  sweep,
  completionOf(() => COMMANDS),
  schema,
];
