/** What can be written, and what it means. */
const PARTS: readonly (readonly [text: string, meaning: string])[] = [
  ['Relu(x)', 'an operator and its inputs; x is any value'],
  ['Mul(x, Sigmoid(x))', 'the same name is the same value; Add and Mul match both ways round'],
  ['w:const', 'a constant'],
  ['2', 'a constant with this one element'],
  ['b?', 'an input that may be left out'],
  ['_', 'an input that is left out'],
  ['Concat(x, ...)', 'further inputs may follow'],
  ['Softmax[axis=-1](x)', 'an attribute has this value, here or by default'],
  ['c:Conv(x, w)', 'names the node, so that …'],
  ['Conv[*c](x, w)', '… the replacement takes its attributes over'],
  ['com.microsoft.Gelu(x)', 'an operator of another domain'],
];
const CONDITIONS = ['rank(x) = 3', 'dim(x, -1) = 64', 'size(s) = 1', 'dtype(x) = float32', 'same(x, y)'];

/** The syntax of rules, folded away until it is wanted. */
export function RuleHelp() {
  return (
    <details className="rule-help">
      <summary>How rules are written</summary>
      <dl>
        {PARTS.map(([text, meaning]) => (
          <div key={text}>
            <dt className="mono">{text}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
        <div>
          <dt>Conditions</dt>
          <dd>
            All of them have to be proven.{' '}
            {CONDITIONS.map((each, index) => (
              <span key={each}>
                {index > 0 && ', '}
                <code className="mono">{each}</code>
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Results inside</dt>
          <dd>A site is a near miss where something outside of the pattern reads a result that would go.</dd>
        </div>
      </dl>
    </details>
  );
}
