import { describe, expect, test } from 'vitest';
import { CodedError } from '../base/error.ts';
import { isFatal, toRuntimeError } from './errors.ts';

const RUN = 'failed to call OrtRun(). ERROR_CODE: 2, ERROR_MESSAGE: ';

describe('what the runtime throws', () => {
  test.each([
    [
      'the C++ place goes, the reason stays',
      `${RUN}/build/onnxruntime/core/math/element_wise_ops.h:583 void onnxruntime::BroadcastIterator::Append(ptrdiff_t, ptrdiff_t) axis == 1 was false. 4 by 5\n`,
      'runtime',
      'ONNX Runtime could not run the model. axis == 1 was false. 4 by 5',
    ],
    [
      'the innermost node is named',
      `${RUN}Non-zero status code returned while running If node. Name:'If_0' Status Message: Non-zero status code returned while running Pad node. Name:'pad/1' Status Message: Pad reflect: too short`,
      'runtime',
      'ONNX Runtime could not run the model. Pad pad/1: Pad reflect: too short',
    ],
    [
      'an operator without a kernel',
      "Can't create a session. ERROR_CODE: 9, ERROR_MESSAGE: Could not find an implementation for Foo(13) node with name 'x'",
      'unsupported',
      "ONNX Runtime could not run the model. Could not find an implementation for Foo(13) node with name 'x'",
    ],
    [
      'a type that JavaScript has no array for',
      'unsupported data type: 16',
      'unsupported',
      'ONNX Runtime could not run the model. unsupported data type: 16',
    ],
    [
      'no memory',
      `${RUN}Failed to allocate memory for requested buffer of size 4294967296`,
      'out-of-memory',
      'There is not enough memory to run the model: Failed to allocate memory for requested buffer of size 4294967296.',
    ],
  ])('%s', (_, message, code, text) => {
    const error = toRuntimeError(new Error(message), 'run the model');
    expect({ code: error.code, message: error.message }).toEqual({ code, message: text });
  });

  test('a bare C++ exception pointer is memory in practice', () => {
    expect(toRuntimeError(123456, 'load the model').code).toBe('out-of-memory');
  });

  test.each([
    'Integer overflow',
    '[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Tensor shape is too large',
    'std::bad_alloc',
  ])('what a 32-bit heap cannot hold is memory: %s', (message) => {
    expect(toRuntimeError(new Error(RUN + message), 'run the model').code).toBe('out-of-memory');
  });

  test('long messages are cut, coded errors pass through', () => {
    expect(toRuntimeError(new Error('x'.repeat(5000)), 'run the model').message.length).toBeLessThan(400);
    const own = new CodedError('bad-request', 'mine');
    expect(toRuntimeError(own, 'run the model')).toBe(own);
  });

  test('traps and aborts end the instance, refusals do not', () => {
    expect(isFatal(new WebAssembly.RuntimeError('memory access out of bounds'))).toBe(true);
    expect(isFatal(new Error('Aborted(OOM). Build with -sASSERTIONS for more info.'))).toBe(true);
    expect(isFatal(new Error(`${RUN}Invalid rank for input`))).toBe(false);
  });
});
