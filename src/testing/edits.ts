import { expect } from 'vitest';
import type { JsonObject } from '../base/json.ts';
import type { Model } from '../ir/model.ts';
import { verifyModel } from '../ir/verify-model.ts';
import type { Pass, Refusal, Site } from '../rewrite/pass.ts';
import { afterPass, sitesOf } from './passes.ts';

/** The model after a hand edit, and the site that it was. The model that is given stays as it is. */
export async function edited(
  before: Model,
  pass: Pass,
  options: JsonObject,
): Promise<{ readonly model: Model; readonly site: Site }> {
  const { sites, refusals } = await sitesOf(before, pass, { options });
  expect(refusals).toEqual([]);
  const { model, result } = await afterPass(before, pass, { options });
  expect(result.applied).toHaveLength(1);
  verifyModel(model);
  return { model, site: sites[0]! };
}

/** Why a hand edit is refused, and the operators at the places that it names. */
export async function refused(
  model: Model,
  pass: Pass,
  options: JsonObject,
): Promise<{ readonly reason: string; readonly at: readonly string[] }> {
  const { sites, refusals } = await sitesOf(model, pass, { options });
  expect(sites).toEqual([]);
  const { reason, nodes } = refusals[0] as Refusal;
  return { reason, at: nodes.map((id) => model.getNode(id).opType) };
}

export const namesOf = (model: Model, side: 'inputs' | 'outputs'): string[] =>
  model.graph[side].map((id) => model.getValue(id).name);

/** Operators of the main graph, in running order. */
export const opsOf = (model: Model): string[] => [...model.graph.nodes].map((id) => model.getNode(id).opType);
