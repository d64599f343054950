import { describe, expect, test } from 'vitest';
import { findWebnn } from './webnn.ts';

const withMl = (answers: Readonly<Record<string, string | null>>) => ({
  navigator: {
    ml: {
      createContext({ deviceType }: { deviceType: string }) {
        const refusal = answers[deviceType];
        return refusal ? Promise.reject(new Error(refusal)) : Promise.resolve({});
      },
    },
  },
});

describe('WebNN', () => {
  test('is told by the devices that it computes on', async () => {
    expect(await findWebnn(withMl({ npu: 'none' }))).toEqual({ webnn: ['cpu', 'gpu'], webnnReason: null });
  });

  test('that offers nothing, or is not here, says so', async () => {
    const refusing = withMl({ cpu: 'off', gpu: 'off', npu: 'Not supported.' });
    expect(await findWebnn(refusing)).toEqual({
      webnn: null,
      webnnReason: 'WebNN is here, but offers no device: Not supported.',
    });
    expect(await findWebnn({ navigator: {} })).toEqual({ webnn: null, webnnReason: 'This browser has no WebNN.' });
  });
});
