/** Well-known files that are not ONNX models, by how they begin: a person should hear what they dropped. */
interface Signature {
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly message: string;
}

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

const begins =
  (bytes: readonly number[], offset = 0) =>
  (file: Uint8Array): boolean =>
    file.length >= offset + bytes.length && bytes.every((byte, i) => file[offset + i] === byte);
const beginsText = (text: string, offset = 0): ((file: Uint8Array) => boolean) => begins(ascii(text), offset);

/** The first bytes as Latin-1, for looking inside. */
const head = (file: Uint8Array, length: number): string =>
  Array.from(file.subarray(0, length), (byte) => String.fromCharCode(byte)).join('');

const isZip = beginsText('PK\u0003\u0004');
const EXPORT = 'Export the model to ONNX first.';

const SIGNATURES: readonly Signature[] = [
  {
    matches: beginsText('ORTM', 4),
    message:
      'This is a model in ONNX Runtime’s own ORT format. Whittle reads ONNX: take the .onnx file that it was made from.',
  },
  { matches: beginsText('TFL3', 4), message: `This is a TensorFlow Lite model, not ONNX. ${EXPORT}` },
  { matches: beginsText('GGUF'), message: `This is a GGUF file, not ONNX. ${EXPORT}` },
  {
    matches: (file) => /^[\s\S]{8}\{"/.test(head(file, 10)) && begins([0, 0, 0], 5)(file),
    message: `This is a safetensors file: weights without a graph. ${EXPORT}`,
  },
  {
    matches: (file) => isZip(file) && /data\.pkl|\/version|constants\.pkl/.test(head(file, 4096)),
    message: 'This is a PyTorch checkpoint, not ONNX. Export the model with torch.onnx.export first.',
  },
  { matches: isZip, message: 'This is a zip archive. Unpack it and open the .onnx file inside.' },
  {
    matches: begins([0x1f, 0x8b]),
    message: 'This file is compressed with gzip. Unpack it and open the .onnx file inside.',
  },
  { matches: begins([0x28, 0xb5, 0x2f, 0xfd]), message: 'This file is compressed with zstd. Unpack it first.' },
  {
    matches: begins([0x37, 0x7a, 0xbc, 0xaf]),
    message: 'This is a 7z archive. Unpack it and open the .onnx file inside.',
  },
  { matches: beginsText('ustar', 257), message: 'This is a tar archive. Unpack it and open the .onnx file inside.' },
  {
    matches: (file) => file[0] === 0x80 && (file[1] ?? 0) >= 2 && (file[1] ?? 9) <= 5,
    message: `This is a Python pickle (an old PyTorch checkpoint, perhaps), not ONNX. ${EXPORT}`,
  },
  { matches: begins([0x89, 0x48, 0x44, 0x46]), message: `This is an HDF5 file (Keras, perhaps), not ONNX. ${EXPORT}` },
  { matches: begins([0x93, ...ascii('NUMPY')]), message: 'This is a NumPy array, not an ONNX model.' },
  { matches: begins([0x89, ...ascii('PNG')]), message: 'This is a PNG picture, not an ONNX model.' },
  { matches: begins([0xff, 0xd8, 0xff]), message: 'This is a JPEG picture, not an ONNX model.' },
  { matches: beginsText('%PDF'), message: 'This is a PDF document, not an ONNX model.' },
  {
    matches: beginsText('version https://git-lfs'),
    message: 'This is a Git LFS pointer, not the model itself. Run git lfs pull to fetch it.',
  },
  {
    matches: (file) => /^\s*<(!doctype|html|head|\?xml)/i.test(head(file, 256)),
    message: 'This is a web page, not an ONNX model. The download went wrong, perhaps behind a sign-in.',
  },
];

/** In words, what a file that does not parse as ONNX is; null: not known. */
export function recognise(file: Uint8Array): string | null {
  const known = SIGNATURES.find((signature) => signature.matches(file));
  if (known) return known.message;
  return isText(file) ? 'This is a text file, not an ONNX model.' : null;
}

/** Printable, in UTF-8 or Latin-1. An ONNX model begins with control characters (0x08, its first field). */
function isText(file: Uint8Array): boolean {
  const start = file.subarray(0, 512);
  return (
    start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) && !start.includes(0x7f)
  );
}
