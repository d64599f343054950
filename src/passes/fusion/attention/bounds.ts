import type { PassContext } from '../../../rewrite/pass.ts';
import type { Form } from './heads.ts';
import type { Past } from './past.ts';

export function scoreBound(_context: PassContext, _query: Form, _key: Form, _past: Past | null): number | null {
  return null;
}
