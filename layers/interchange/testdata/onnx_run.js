// Runs an ONNX model with onnxruntime-node. Standard input is {model, type, shape, data, lengths}, standard output {shape, data}.
const ort = require('onnxruntime-node');
const request = JSON.parse(require('fs').readFileSync(0));
const arrays = {
  float32: (d) => Float32Array.from(d), int64: (d) => BigInt64Array.from(d.map(BigInt)),
};
(async () => {
  const session = await ort.InferenceSession.create(request.model, {intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3});
  const result = await session.run({
    [session.inputNames.find((name) => name !== 'lengths')]: new ort.Tensor(request.type, arrays[request.type](request.data), request.shape),
    lengths: new ort.Tensor('int32', Int32Array.from(request.lengths), [request.lengths.length]),
  });
  const output = result[session.outputNames[0]];
  process.stdout.write(JSON.stringify({shape: output.dims.map(Number), data: Array.from(output.data)}));
})().catch((e) => { console.error(e.message); process.exit(1); });
