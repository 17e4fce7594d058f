// The network that gan_edu.widgets.exported wrote down: a function from one code to the numbers of its output.
(function (layers) {
  // little-endian float32, whatever the machine
  function numbers(text) {
    const bytes = Uint8Array.from(window.atob(text), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  }

  // x -> W x + b; W row by row, then b
  function linear({ inputs, outputs, weights }) {
    const w = numbers(weights), bias = inputs * outputs;
    return (x) => Float64Array.from({ length: outputs }, (_, row) => {
      let sum = w[bias + row];
      for (let i = 0; i < inputs; i++) sum += w[row * inputs + i] * x[i];
      return sum;
    });
  }

  const each = (f) => (x) => x.map(f);
  const made = {
    linear,
    relu: () => each((v) => Math.max(0, v)),
    leaky_relu: ({ slope }) => each((v) => (v > 0 ? v : slope * v)),
    tanh: () => each(Math.tanh),
    sigmoid: () => each((v) => 1 / (1 + Math.exp(-v))),
  };
  const steps = layers.map((layer) => made[layer.kind](layer));
  return (code) => steps.reduce((x, step) => step(x), Float64Array.from(code));
})
