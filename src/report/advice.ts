/** Said in every form of the report where a result has session options of its own. */
export const SESSION_ADVICE =
  'Load the result with these options, as the second argument of InferenceSession.create of ONNX Runtime Web: without them the runtime undoes what was measured. The export writes them beside the model, as a file that ends in .session.json.';
