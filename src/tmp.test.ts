import { it } from 'vitest';
import { readModel } from './onnx/read.ts';
import { conformanceCases } from './testing/conformance.ts';
import { printModel } from './ir/print.ts';
it('x', async () => {
  const cases = await conformanceCases();
  const names = cases
    .map((c) => c.name.replace('node/test_', ''))
    .filter((n) => n.startsWith('attention') && !n.endsWith('expanded'));
  console.log(names.join('\n'));
  for (const c of cases) {
    if (
      /attention_4d_softcap_neginf_mask_expanded|attention_24_fullymasked_qk_matmul_output_mode3_zero_expanded|attention_4d_causal_nonpad_negative_offset_structural_empty_expanded|4d_with_past_and_present_qk_matmul_bias_3d_mask_expanded/.test(
        c.name,
      )
    )
      console.log(c.name, printModel(readModel(c.model).model));
  }
});
