import type { LatencyModel } from '../../engine/latency-types.ts';
import type { ImportanceId, PruneOptions, PrunePlanView, PruneScope, RepairId } from '../../prune/types.ts';
import { Choice, NumberField, type Choices } from './fields.tsx';
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
  [
    'Other',
    [
      ['scores', 'Your own scores'],
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
  readonly plan: PrunePlanView;
  readonly options: PruneOptions;
  readonly latency: LatencyModel | null;
  onOptions(patch: Partial<PruneOptions>): void;
  onImportance(patch: Partial<Pick<PruneOptions, 'importance' | 'seed' | 'scores'>>): void;
}

function Heads({ options, onOptions }: Pick<Props, 'options' | 'onOptions'>) {
  return (
    <label className="col-span-2 flex h-6 items-center gap-2 text-12 text-ink-2">
      <input
        type="checkbox"
        className="size-3.5 accent-(--accent-solid)"
        checked={options.heads}
        onChange={(event) => onOptions({ heads: event.target.checked })}
      />
      Cut attention heads as well
    </label>
  );
}

/** What rules all groups: how much goes, how channels are rated and compared, and what makes up for those that go. */
export function PruneSettings({ plan, options, latency, onOptions, onImportance }: Props) {
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
      {plan.groups.some((group) => group.isHeads) && <Heads options={options} onOptions={onOptions} />}
    </div>
  );
}
