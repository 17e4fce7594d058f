// Two bell curves that the reader moves, with the best discriminator and the divergences, all computed here.
(function ({ minus, element, rule, word, upright, symbol, path }, name, presets) {
  const LOW = -9, HIGH = 9; // of the axis drawn; the integrals reach 12 standard deviations beyond each mean
  const PARTS = ["real-mean", "real-std", "fake-mean", "fake-std", "prior"];
  const short = (value) => minus(value.toFixed(2));
  const long = (value) => minus((Math.abs(value) < 5e-5 ? 0 : value).toFixed(4));

  function logDensity(x, mean, std) {
    return -0.5 * ((x - mean) / std) ** 2 - Math.log(std * Math.sqrt(2 * Math.PI));
  }

  // Everything at x in logarithms: far from both bumps the densities are 0 in floating point, their ratio is not.
  function at(x, s) {
    const p = logDensity(x, s["real-mean"], s["real-std"]);
    const q = logDensity(x, s["fake-mean"], s["fake-std"]);
    const [a, b] = [Math.log(s.prior) + p, Math.log1p(-s.prior) + q];
    const mixture = Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
    return { p, q, mixture, logD: a - mixture, logNotD: b - mixture, D: 1 / (1 + Math.exp(b - a)) };
  }

  // The trapezoid rule, which for smooth functions with vanishing ends is exact to rounding here.
  function integrate(s) {
    const low = Math.min(s["real-mean"] - 12 * s["real-std"], s["fake-mean"] - 12 * s["fake-std"]);
    const high = Math.max(s["real-mean"] + 12 * s["real-std"], s["fake-mean"] + 12 * s["fake-std"]);
    const steps = 6000, h = (high - low) / steps;
    const sum = { v: 0, js: 0, klRealFake: 0, klFakeReal: 0 };
    for (let i = 0; i <= steps; i++) {
      const here = at(low + i * h, s);
      const [p, q] = [Math.exp(here.p), Math.exp(here.q)];
      sum.v += 2 * h * (s.prior * p * here.logD + (1 - s.prior) * q * here.logNotD);
      sum.js += h * (s.prior * p * (here.p - here.mixture) + (1 - s.prior) * q * (here.q - here.mixture));
      sum.klRealFake += h * p * (here.p - here.q);
      sum.klFakeReal += h * q * (here.q - here.p);
    }
    const entropy = -s.prior * Math.log(s.prior) - (1 - s.prior) * Math.log1p(-s.prior);
    return { ...sum, jsBits: sum.js / Math.LN2, bound: 2 * sum.js - 2 * entropy };
  }

  function summary(s, n) {
    const centre = (who) => at(s[`${who}-mean`], s).D.toFixed(2);
    return `Data: mean ${short(s["real-mean"])}, standard deviation ${short(s["real-std"])}. ` +
      `Generated: mean ${short(s["fake-mean"])}, standard deviation ${short(s["fake-std"])}. ` +
      `The best discriminator says ${centre("real")} at the centre of the data and ${centre("fake")} at the centre of ` +
      `the generated bump. JS is ${long(n.js)} nats, V(D*) is ${long(n.v)}.`;
  }

  function draw(svg, s) {
    const width = Math.max(280, Math.min(760, svg.parentNode.clientWidth)), height = Math.round(Math.max(230, width * 0.46));
    const frame = { left: 58, right: width - 48, top: 10, bottom: height - 46 };
    const peak = 0.4 / Math.min(s["real-std"], s["fake-std"]);
    const top = [0.5, 1, 2].find((t) => peak <= t + 1e-9) || 2;
    const X = (x) => frame.left + (x - LOW) / (HIGH - LOW) * (frame.right - frame.left);
    const Y = (share) => frame.bottom - 0.84 * share * (frame.bottom - frame.top); // room for names above 1
    const curve = (f, kind) => {
      const points = Array.from({ length: 361 }, (_, i) => LOW + i * (HIGH - LOW) / 360);
      element(svg, "path", { class: `gan-line gan-${kind}-line`, d: path(points.map((x) => [X(x), Y(f(x))])) });
    };
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    axes(svg, frame, X, Y, top, width, height);
    curve((x) => Math.exp(at(x, s).p) / top, "real");
    curve((x) => Math.exp(at(x, s).q) / top, "fake");
    curve((x) => at(x, s).D, "critic");
    names(svg, s, X, Y, top);
  }

  function axes(svg, frame, X, Y, top, width, height) {
    rule(svg, frame.left, frame.bottom, frame.right, frame.bottom);
    [-8, -4, 0, 4, 8].forEach((x) => {
      rule(svg, X(x), frame.bottom, X(x), frame.bottom + 5);
      word(svg, X(x), frame.bottom + 20, "middle", minus(String(x)));
    });
    word(svg, (frame.left + frame.right) / 2, height - 8, "middle", "x", { "font-style": "italic" });
    [0, 0.5, 1].forEach((share) => {
      [[frame.left, -5, "end", String(share * top)], [frame.right, 5, "start", String(share)]].forEach(([x, tick, anchor, text]) => {
        rule(svg, x, Y(share), x + tick, Y(share));
        word(svg, x + 1.6 * tick, Y(share) + 5, anchor, text);
      });
    });
    [frame.left, frame.right].forEach((x) => rule(svg, x, frame.bottom, x, frame.top));
    upright(svg, 11, (frame.top + frame.bottom) / 2, "density");
    upright(svg, width - 3, (frame.top + frame.bottom) / 2, "D(x)", { class: "gan-critic" });
  }

  function names(svg, s, X, Y, top) {
    const [real, fake] = ["real", "fake"].map((who) => ({ x: X(s[`${who}-mean`]), y: Y(0.4 / s[`${who}-std`] / top) - 8 }));
    const close = Math.abs(real.x - fake.x) < 62 && Math.abs(real.y - fake.y) < 24;
    const apart = close ? (real.x <= fake.x ? 31 : -31) : 0;
    symbol(svg, real.x - apart, real.y, "p", "data", 4, "real");
    symbol(svg, fake.x + apart, fake.y, "p", "g", 4, "fake");
    const busy = (x) => Math.max(Math.exp(at(x, s).p), Math.exp(at(x, s).q)) / top;
    const end = busy(-8.4) < busy(8.4) ? -8.4 : 8.4;
    symbol(svg, X(end), Y(at(end, s).D) - 9, "D", "\u2217", -4, "critic");
  }

  function start(figure) {
    const part = (role) => figure.querySelector(`[data-part="${role}"]`);
    const sliders = Object.fromEntries(PARTS.map((key) => [key, part(key)]).filter(([, slider]) => slider));
    const begin = Object.fromEntries(PARTS.map((key) => [key, Number(figure.dataset[key.replace(/-(.)/, (_, c) => c.toUpperCase())])]));
    const state = { ...begin };
    let timer = 0;

    function tell() {
      part("summary").textContent = summary(state, integrate(state));
    }

    function show() {
      const numbers = integrate(state);
      Object.entries(sliders).forEach(([key, slider]) => {
        slider.value = state[key];
        slider.setAttribute("aria-valuetext", short(state[key]));
        part(`${key}-value`).textContent = short(state[key]);
      });
      Object.entries(numbers).forEach(([key, value]) => {
        part(key).textContent = long(value);
        part(key).dataset.value = value;
      });
      part("drawing").setAttribute("aria-label", summary(state, numbers));
      draw(part("drawing"), state);
      window.clearTimeout(timer); // a voice gets one sentence when the hand rests, not one for every step
      timer = window.setTimeout(tell, 500);
    }

    function set(values) {
      Object.assign(state, values);
      show();
    }

    Object.entries(sliders).forEach(([key, slider]) => slider.addEventListener("input", () => set({ [key]: Number(slider.value) })));
    part("reset").addEventListener("click", () => set(begin));
    presets.forEach((values, index) => part(`preset-${index}`).addEventListener("click", () => set(values)));
    part("picture").hidden = true;
    part("live").hidden = false;
    show();
    new ResizeObserver(() => draw(part("drawing"), state)).observe(part("frame"));
  }

  document.querySelectorAll(`[data-two-bumps="${name}"]:not([data-ready])`).forEach((figure) => {
    figure.dataset.ready = "";
    start(figure);
  });
})
