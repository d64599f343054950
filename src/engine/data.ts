import { CodedError } from '../base/error.ts';
import { isElementType } from '../data/elements.ts';
import { openDataSet, type OpenOptions } from '../data/open.ts';
import type { DataFile, DataSet, FeedTensor } from '../data/types.ts';
import type { Tensor } from '../ir/tensor.ts';
import { readTensorProto } from '../onnx/read.ts';

/** A data set by what its files hold, ONNX test data among them. Throws as `openDataSet` does. */
export const openData = (
  name: string,
  files: readonly DataFile[],
  options: Omit<OpenOptions, 'decodeTensor'> = {},
): Promise<DataSet> => openDataSet(name, files, { ...options, decodeTensor });

function decodeTensor(bytes: Uint8Array): { name: string; tensor: FeedTensor } {
  const { name, tensor } = readTensorProto(bytes);
  return { name, tensor: feedTensor(name, tensor) };
}

function feedTensor(name: string, tensor: Tensor): FeedTensor {
  const { dtype, shape } = tensor;
  if (dtype === 'string') return { dtype, shape, data: tensor.strings().map((each) => new TextDecoder().decode(each)) };
  if (isElementType(dtype)) return { dtype, shape, data: tensor.read() };
  throw new CodedError('unsupported', `The recorded input "${name}" is ${dtype}, which no runtime input takes here.`);
}
