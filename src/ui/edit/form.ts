import type { ModelSummary } from '../../analysis/summary.ts';
import type { JsonObject } from '../../base/json.ts';
import type { App } from '../../state/app.ts';
import type { EditSession } from '../../state/document.ts';

/** What the form of a hand edit is given. */
export interface FormProps {
  readonly app: App;
  readonly edit: EditSession;
  /** Of the stop under the cursor. */
  readonly summary: ModelSummary;
  readonly change: (options: JsonObject) => void;
}
