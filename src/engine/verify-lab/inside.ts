import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { NodeId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import type { NamedFeeds } from '../../verify/cases.ts';
import type { VerifyResult } from '../../verify/types.ts';
import type { RuntimePort } from '../ports.ts';
import { isFile, isItself, stopAt, type Bout } from './bout.ts';
import { compareInside, type Compared } from './intermediates.ts';
import { insideNotes, nonFiniteNotes } from './notes.ts';
import { frontiers } from './parts.ts';
import type { FirstNonFinite, Intermediates, LabRequest, Part } from './types.ts';
import { pairBySteps, pairFiles, type End, type Pairing } from './values.ts';
import { nonFiniteConstant, whatDiffers } from './why.ts';

/** What was found inside two models. */
export interface Found {
  readonly pairing: Pairing;
  readonly intermediates: Intermediates | null;
  readonly parts: readonly Part[];
  readonly nonFinite: readonly FirstNonFinite[];
  readonly notes: readonly string[];
}

/** The values inside, and where they part. */
export class Inside {
  private readonly bout: Bout;
  private readonly request: LabRequest;
  private readonly given: readonly NamedFeeds[];
  private readonly port: RuntimePort;
  private readonly job: Job;
  private readonly a: End;
  private readonly b: End;

  constructor(bout: Bout, request: LabRequest, given: readonly NamedFeeds[], port: RuntimePort, job: Job) {
    this.bout = bout;
    this.request = request;
    this.given = given;
    this.port = port;
    this.job = job;
    [this.a, this.b] = [stopAt(bout.a), stopAt(bout.b)];
  }

  async compare(verify: VerifyResult, itself: boolean): Promise<Found> {
    const { a, b, bout, request, given, job } = this;
    job.progress({ stage: 'Matching values inside' });
    await job.checkpoint();
    const pairing = await this.pair();
    const at = request.intermediates ?? { level: 'disabled', backend: 'wasm' };
    const { seeds, threads } = request;
    const { ports, reveal } = bout;
    const inside = { a, b, pairing, class: bout.class, seeds, threads, given, ports, reveal, at };
    try {
      const { errors, ...intermediates } = await compareInside(inside, this.port, job);
      const parts = this.parts(pairing, intermediates);
      const nonFinite = this.nonFinite(intermediates, errors);
      const notes = [...nonFiniteNotes(nonFinite), ...insideNotes(verify, intermediates, parts, itself)];
      return { pairing, intermediates, parts, nonFinite, notes };
    } catch (error) {
      // A model that does not run with its values shown says nothing against the outputs that were compared.
      if (!(error instanceof CodedError) || (error.code !== 'runtime' && error.code !== 'unsupported')) throw error;
      const notes = [`Values inside were not compared: ${error.message}`];
      return { pairing, intermediates: null, parts: [], nonFinite: [], notes };
    }
  }

  private pair(): Promise<Pairing> | Pairing {
    const { a, b, bout, job } = this;
    if (isFile(bout)) return pairFiles(a, b, bout.pairs, job);
    return pairBySteps(a, b, bout.a.index > bout.b.index, bout.ports?.parts ?? 1);
  }

  private parts({ pairs }: Pairing, { values }: Intermediates): Part[] {
    const places = new Map(pairs.map(({ b }, index) => [b, index]));
    const findings = values.flatMap(({ tooSensitive, maxRel, ok }, index) => {
      const pair = pairs[index];
      return tooSensitive || !pair ? [] : [{ value: pair.b, error: maxRel, parts: !ok }];
    });
    return frontiers(this.b.analysis, findings).flatMap(({ value, before, between }) => {
      const index = places.get(value);
      const told = index === undefined ? undefined : values[index];
      if (index === undefined || !told) return [];
      const { name, producer, nodeA, nodeB, maxRel, allowed } = told;
      const why = isItself(this.bout) ? null : whatDiffers(this.a, nodeA as NodeId, this.b, nodeB as NodeId);
      return [{ value: index, name, producer, nodeA, nodeB, maxRel, allowed, before, why, between }];
    });
  }

  private nonFinite({ values }: Intermediates, errors: Compared['errors']): FirstNonFinite[] {
    return (['a', 'b'] as const).flatMap((of) =>
      (['NaN', 'Inf'] as const).flatMap((kind) => {
        const side = of === 'a' ? 'original' : 'result';
        const index = errors.findIndex((error) => error[side]?.kind === kind);
        const [value, found] = [values[index], errors[index]?.[side]];
        if (!value || !found) return [];
        const node = (of === 'a' ? value.nodeA : value.nodeB) as NodeId;
        const end = of === 'a' ? this.a : this.b;
        const name = of === 'a' ? value.source : value.name;
        const producer = label(end.model, end.model.getNode(node));
        return [{ ...found, of, value: name, producer, node, constant: nonFiniteConstant(end, node) }];
      }),
    );
  }
}
