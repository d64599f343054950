/** The oldest operator set that adapters lead to; steps before it are not known. */
export const OLDEST = 7;
/** The newest operator set that adapters lead to; ONNX Runtime Web 1.30 takes up to 26. */
export const NEWEST = 24;

/** The first IR version of a release of ONNX that has the operator set (`onnx.helper.VERSION_TABLE`), from set 7 on. */
const IR_VERSIONS: readonly number[] = [3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12];

/** The IR version that a model of this operator set needs. */
export const irVersionFor = (opset: number): number => IR_VERSIONS[Math.min(opset, NEWEST) - OLDEST] ?? 3;
