import type { RuleDraft } from './draft.ts';

export interface RuleExample {
  readonly title: string;
  readonly draft: RuleDraft;
}

const example = (title: string, name: string, draft: Partial<RuleDraft>): RuleExample => ({
  title,
  draft: { name, pattern: '', replace: '', where: '', class: 'order', ...draft },
});

/** Rules to start from, the shortest first. */
export const RULE_EXAMPLES: readonly RuleExample[] = [
  example('Two activations in a row', 'relu-once', { pattern: 'Relu(Relu(x))', replace: 'Relu(x)', class: 'bits' }),
  example('Division as multiplication', 'halve', { pattern: 'Div(x, 2)', replace: 'Mul(x, 0.5)', class: 'bits' }),
  example('Swish as one kernel', 'swish', {
    pattern: 'Mul(x, Sigmoid(x))',
    replace: 'com.microsoft.QuickGelu[alpha=1](x)',
  }),
  example('Product and bias as Gemm', 'gemm', {
    pattern: 'Add(MatMul(x, w:const), b:const)',
    replace: 'Gemm(x, w, b)',
    where: 'rank(x) = 2',
  }),
  example('Attributes taken over', 'clip-conv', {
    pattern: 'Max(c:Conv(x, w:const, b?), 0)',
    replace: 'Relu(Conv[*c](x, w, b))',
  }),
];
