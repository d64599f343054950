import { useEffect, useId, useRef, type ReactNode } from 'react';
import { EXACTNESS, type Exactness } from '../../base/exactness.ts';
import type { App } from '../../state/app.ts';
import type { RuleFault, RuleField } from '../../state/rules/draft.ts';
import { Fault } from '../kit/Fault.tsx';
import { useDocument } from '../kit/use-store.ts';

interface FieldProps {
  readonly label: string;
  readonly field: RuleField;
  readonly value: string;
  readonly hint: string;
  readonly rows: number;
  readonly fault: RuleFault | null;
  onChange(text: string): void;
}

/** A text of the rule; what is wrong stands under it, with the place. */
function Text({ label, field, value, hint, rows, fault, onChange }: FieldProps) {
  const id = useId();
  const own = fault?.field === field ? fault : null;
  return (
    <div className="rule-field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="rule-text mono"
        rows={rows}
        value={value}
        placeholder={hint}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-invalid={own !== null}
        aria-describedby={own ? `${id}-fault` : undefined}
        data-field={field}
        onChange={(event) => onChange(event.target.value)}
      />
      {own?.at != null && (
        <Fault id={`${id}-fault`} text={value} fault={{ at: own.at, length: own.length, message: own.message }} />
      )}
    </div>
  );
}

function NameField({ value, fault, onChange }: Pick<FieldProps, 'value' | 'fault' | 'onChange'>) {
  const id = useId();
  const own = fault?.field === 'name' ? fault : null;
  return (
    <div className="rule-field">
      <label htmlFor={id}>Name</label>
      <span className="field">
        <input
          id={id}
          className="mono"
          value={value}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={own !== null}
          aria-describedby={own ? `${id}-fault` : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      </span>
      {own && (
        <p id={`${id}-fault`} className="text-11 text-error">
          {own.message}
        </p>
      )}
    </div>
  );
}

/** What each class promises; the check holds the rule to it. An approximation promises nothing that could be checked. */
const CLASSES: Readonly<Record<Exclude<Exactness, 'approximation'>, string>> = {
  bits: 'bits: the same to the last bit',
  kernel: 'kernel: the same sums, in one kernel',
  weights: 'weights: constants computed ahead',
  order: 'order: sums in another order',
};
const isPromise = (each: Exactness): each is keyof typeof CLASSES => each in CLASSES;

function ClassField({ value, onChange }: { readonly value: Exactness; onChange(value: Exactness): void }): ReactNode {
  const id = useId();
  return (
    <div className="rule-field">
      <label htmlFor={id}>Class</label>
      <select
        id={id}
        className="select h-7 w-full"
        value={value}
        onChange={(event) => {
          const chosen = EXACTNESS.find((each) => each === event.target.value);
          if (chosen) onChange(chosen);
        }}
      >
        {EXACTNESS.filter(isPromise).map((each) => (
          <option key={each} value={each}>
            {CLASSES[each]}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The pattern has the focus once the panel opens. */
function useFocusPattern() {
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-field="pattern"]')?.focus(), []);
  return form;
}

/** A rule in its five parts. */
export function RuleFields({ app }: { readonly app: App }) {
  const { draft, fault } = useDocument(app, (state) => state.rule);
  const form = useFocusPattern();
  const change = app.actions.changeRule;
  return (
    <div ref={form} className="sec flex flex-col gap-2.5" role="group" aria-label="The rule">
      <NameField value={draft.name} fault={fault} onChange={(name) => change({ name })} />
      <Text
        label="Pattern"
        field="pattern"
        value={draft.pattern}
        hint="Mul(x, Sigmoid(x))"
        rows={3}
        fault={fault}
        onChange={(pattern) => change({ pattern })}
      />
      <Text
        label="Replacement"
        field="replace"
        value={draft.replace}
        hint="com.microsoft.QuickGelu[alpha=1](x)"
        rows={3}
        fault={fault}
        onChange={(replace) => change({ replace })}
      />
      <Text
        label="Conditions, one a line"
        field="where"
        value={draft.where}
        hint="rank(x) = 3"
        rows={2}
        fault={fault}
        onChange={(where) => change({ where })}
      />
      <ClassField value={draft.class} onChange={(exactness) => change({ class: exactness })} />
    </div>
  );
}
