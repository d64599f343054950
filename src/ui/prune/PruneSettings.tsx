import type { LatencyModel } from '../../engine/latency-types.ts';
import type { ImportanceId, PruneOptions, PrunePlanView, PruneScope, RepairId } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import type { Rated } from '../../state/pruning.ts';
import { Check, Choice, NumberField, type Choices } from './fields.tsx';
import { FormulaField } from './FormulaField.tsx';
import { NormsCheck, RoundsField } from './ScheduleFields.tsx';
import { ScoresField } from './ScoresField.tsx';
import { TargetField } from './TargetField.tsx';

const IMPORTANCES: Choices<ImportanceId> = [
  [
    'From weights',
    [
      ['l2', 'L2 norm'],
      ['l1', 'L1 norm'],
      ['bn-scale', 'Batch norm scale'],
      ['fpgm', 'Geometric median (FPGM)'],
      ['lamp', 'Layer-adaptive (LAMP)'],
    ],
  ],
  [
    'From activations',
    [
      ['wanda', 'Weights × activations (Wanda)'],
      ['activation', 'Mean activation'],
      ['apoz', 'Not zero (APoZ)'],
    ],
  ],
  ['From gradients', [['taylor', 'Change of the loss (Taylor)']]],
  [
    'Other',
    [
      ['scores', 'Your own scores'],
      ['formula', 'A formula of your own'],
      ['order', 'First channels stay (supernets)'],
      ['random', 'Random, the baseline'],
    ],
  ],
];
const SCOPES: Choices<PruneScope> = [
  [
    '',
    [
      ['group', 'Each group'],
      ['isomorphic', 'Groups built alike'],
      ['global', 'All groups'],
    ],
  ],
];
const REPAIRS: Choices<RepairId> = [
  [
    '',
    [
      ['none', 'Nothing'],
      ['mean', 'Their means'],
      ['least-squares', 'Least squares'],
    ],
  ],
];

interface Props {
  readonly app: App;
  readonly plan: PrunePlanView;
  readonly options: PruneOptions;
  readonly latency: LatencyModel | null;
  onOptions(patch: Partial<PruneOptions>): void;
  onImportance(patch: Partial<Rated>): void;
}

/** Whether channels are frozen because a norm takes its statistics over them. */
const hasNormsOver = (plan: PrunePlanView): boolean => plan.frozen.some((each) => each.underNorm);

/** What rules all groups: how much goes, how channels are rated and compared, and what makes up for those that go. */
export function PruneSettings({ app, plan, options, latency, onOptions, onImportance }: Props) {
  return (
    <div className="sec grid grid-cols-[5fr_6fr] gap-x-2 gap-y-[9px]">
      <TargetField options={options} latency={latency} onOptions={onOptions} />
      <div className="col-span-2">
        <Choice
          label="Importance"
          value={options.importance}
          choices={IMPORTANCES}
          onChange={(importance) => onImportance({ importance })}
        />
      </div>
      {options.importance === 'scores' && (
        <ScoresField groups={plan.groups} scores={options.scores} onScores={(scores) => onImportance({ scores })} />
      )}
      {options.importance === 'formula' && (
        <FormulaField formula={options.formula} onFormula={(formula) => onImportance({ formula })} />
      )}
      <div className="col-span-2 grid grid-cols-[5fr_3fr] gap-x-2 gap-y-[9px]">
        <Choice
          label="Compared within"
          value={options.scope}
          choices={SCOPES}
          onChange={(scope) => onOptions({ scope })}
        />
        <NumberField
          label="Round to"
          unit=""
          value={options.roundTo}
          min={1}
          max={256}
          onChange={(roundTo) => onOptions({ roundTo })}
        />
        <Choice
          label="Make up for cuts"
          value={options.repair}
          choices={REPAIRS}
          onChange={(repair) => onOptions({ repair })}
        />
        <RoundsField app={app} />
        {options.importance === 'random' && (
          <NumberField
            label="Seed"
            unit=""
            value={options.seed}
            min={0}
            max={999_999}
            settled
            onChange={(seed) => onImportance({ seed })}
          />
        )}
      </div>
      <NormsCheck app={app} />
      {plan.groups.some((group) => group.isHeads) && (
        <Check label="Cut attention heads as well" on={options.heads} onChange={(heads) => onOptions({ heads })} />
      )}
      {(options.acrossNorms || hasNormsOver(plan)) && (
        <Check
          label="Cut channels under a norm as well"
          title="What stays is normalised anew: every result moves, even if the channels that go were zero."
          on={options.acrossNorms}
          onChange={(acrossNorms) => onImportance({ acrossNorms })}
        />
      )}
    </div>
  );
}
