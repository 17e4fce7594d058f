// Two equal shapes, one of them slid away by theta: the densities, the plan, the potential and the distances, all computed here.
(function ({ minus, element, rule, word, upright, symbol, path }, name, given) {
  const { low, high, centre, std, far, step, presets, quantiles } = given;
  const LINES = { w1: ["W", "1"], tv: ["TV", ""], js: ["JS", ""] };
  const RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
  const short = (value) => minus(value.toFixed(2));
  const stepped = (value) => Number((Math.round(value / step) * step).toFixed(2));
  const limited = (value, least, most) => Math.min(most, Math.max(least, value));
  const spread = (count, from, to) => Array.from({ length: count }, (_, i) => from + i * (to - from) / (count - 1));
  const shapes = {
    boxes: { one: "box", top: 1, potential: [-4, 1], marks: [-4, -2, 0], outline: box, distances: boxes, crossed: (theta) => [Math.min(0, theta), Math.max(1, 1 + theta)] },
    bumps: { one: "bump", top: 1.6, potential: [-4, 4], marks: [-4, -2, 0, 2, 4], outline: bump, distances: bumps, crossed: () => [-Infinity, Infinity] },
  };

  function box(theta) {
    return [[theta, 0], [theta, 1], [theta + 1, 1], [theta + 1, 0]];
  }

  function bump(theta) {
    return spread(121, -4, 4).map((u) => [centre + theta + u * std, normal(u) / std]); // beyond, a tenth of a line's width
  }

  function normal(u) {
    return Math.exp(-0.5 * u * u) / Math.sqrt(2 * Math.PI);
  }

  // At a kink the slopes on both sides differ, so there is none.
  function boxes(theta) {
    const apart = Math.min(Math.abs(theta), 1), kl = theta === 0 ? 0 : Infinity;
    const kink = theta === 0 || Math.abs(theta) === 1;
    return { tv: apart, js: apart * Math.LN2, klRealFake: kl, klFakeReal: kl, jsSlope: kink ? NaN : apart < 1 ? Math.sign(theta) * Math.LN2 : 0 };
  }

  // u counts standard deviations from the middle between both; there log(p_g / p_data) = d u,
  // and both halves of JS are equal, so that one is enough.
  // The trapezoid rule is exact to rounding for such functions. The slope of JS is theta / (2 std^2) times the integral of
  // p_data p_g / (p_data + p_g), which is positive throughout: however small, no digit cancels.
  function bumps(theta) {
    const d = Math.abs(theta) / std, h = 0.02, sum = { js: 0, overlap: 0 };
    for (let u = -d / 2 - 10; u <= 10; u += h) {
      const softplus = Math.max(0, d * u) + Math.log1p(Math.exp(-Math.abs(d * u)));
      sum.js += h * normal(u + d / 2) * (Math.LN2 - softplus);
      sum.overlap += h * normal(u) / Math.cosh(d * u / 2);
    }
    const kl = d * d / 2, jsSlope = theta / (4 * std * std) * Math.exp(-d * d / 8) * sum.overlap;
    return { tv: between(d / 2), js: sum.js, klRealFake: kl, klFakeReal: kl, jsSlope };
  }

  // Simpson's rule for the mass of the standard normal density from -end to end
  function between(end) {
    const steps = 600, h = end / steps;
    let sum = normal(0) + normal(end);
    for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * normal(i * h);
    return 2 * h / 3 * sum;
  }

  function distances({ shape, theta }) {
    const found = shapes[shape].distances(theta);
    return { w1: Math.abs(theta), w1Slope: theta === 0 ? NaN : Math.sign(theta), ...found, jsBits: found.js / Math.LN2 };
  }

  // The best 1-Lipschitz function: it rises by one towards the data wherever mass must cross, and is 0 at the data's centre.
  function potential({ shape, theta }, x) {
    const [left, right] = shapes[shape].crossed(theta);
    return theta === 0 ? 0 : Math.sign(theta) * (centre - limited(x, left, right));
  }

  function long(value) {
    const size = Math.abs(value);
    if (size < 1e-12) return "0.0000";
    if (size >= 5e-5) return minus(value.toFixed(4));
    const [digits, power] = size.toExponential(1).split("e-");
    return `${value < 0 ? "\u2212" : ""}${digits} \u00d7 10\u207b${[...power].map((digit) => RAISED[digit]).join("")}`;
  }

  function tell(cell, value) {
    cell.dataset.value = value;
    if (value === Infinity) cell.innerHTML = '<span role="img" aria-label="infinite">\u221e</span>';
    else cell.textContent = Number.isNaN(value) ? "none: a kink" : long(value);
  }

  function summary(state, n) {
    const { theta, shape } = state, slope = (value) => (Number.isNaN(value) ? "no slope, for it has a kink here" : `slope ${long(value)}`);
    const place = theta === 0 ? "on the data" : `${short(Math.abs(theta))} to the ${theta > 0 ? "right" : "left"} of the data`;
    return `The generated ${shapes[shape].one} lies ${place}: W1 is ${long(n.w1)} with ${slope(n.w1Slope)}; ` +
      `JS is ${long(n.js)} nats with ${slope(n.jsSlope)}; TV is ${long(n.tv)}.`;
  }

  function begin(svg, width, height) {
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }

  function ticks(svg, frame, X, at) {
    rule(svg, frame.left, frame.bottom, frame.right, frame.bottom);
    at.forEach((value) => {
      rule(svg, X(value), frame.bottom, X(value), frame.bottom + 5);
      word(svg, X(value), frame.bottom + 20, "middle", minus(String(value)));
    });
  }

  function upwards(svg, frame, Y, at, text) {
    rule(svg, frame.left, frame.bottom, frame.left, frame.top);
    at.forEach((value) => {
      rule(svg, frame.left - 5, Y(value), frame.left, Y(value));
      word(svg, frame.left - 9, Y(value) + 5, "end", minus(String(value)));
    });
    upright(svg, 12, (frame.top + frame.bottom) / 2, text);
  }

  function draw(svg, width, state) {
    const wide = width > 500, left = 48, right = width - 12;
    let below = 4;
    const strip = (height, gap) => {
      const frame = { left, right, top: below, bottom: below + height };
      below += height + gap;
      return frame;
    };
    const frames = { density: strip(wide ? 140 : 112, 12), plan: strip(wide ? 74 : 66, 10), potential: strip(wide ? 116 : 100, 0) };
    const X = (x) => left + (x - low) / (high - low) * (right - left);
    begin(svg, width, below + 44);
    densities(svg, frames.density, X, state);
    const Y = slopes(svg, frames.potential, X, state);
    plan(svg, frames.plan, X, Y, state, wide ? 2.6 : 2);
    ticks(svg, frames.potential, X, spread(8, -3, 4));
    word(svg, (left + right) / 2, below + 38, "middle", "x", { "font-style": "italic" });
  }

  function densities(svg, frame, X, { shape, theta }) {
    const { top, outline } = shapes[shape], room = 26; // for the names
    const Y = (y) => frame.bottom - y / top * (frame.bottom - frame.top - room);
    [["real", 0], ["fake", theta]].forEach(([who, shift]) => {
      const d = path(outline(shift).map(([x, y]) => [X(x), Y(y)]));
      element(svg, "path", { class: `gan-${who}-area`, d });
      element(svg, "path", { class: `gan-line gan-${who}-line`, d });
    });
    rule(svg, frame.left, frame.bottom, frame.right, frame.bottom);
    upwards(svg, frame, Y, [0, 1], "density");
    const middle = X(centre + theta / 2), half = Math.max(Math.abs(X(theta) - X(0)) / 2, 28) * (theta < 0 ? -1 : 1);
    symbol(svg, middle - half, frame.top + 14, "p", "data", 4, "real");
    symbol(svg, middle + half, frame.top + 14, "p", "g", 4, "fake");
  }

  function slopes(svg, frame, X, state) {
    const { potential: [least, most], marks, crossed } = shapes[state.shape];
    const Y = (f) => frame.bottom - (f - least) / (most - least) * (frame.bottom - frame.top);
    const corners = [low, ...crossed(state.theta).map((x) => limited(x, low, high)), high];
    element(svg, "path", { class: "gan-line gan-truth-line", d: path(corners.map((x) => [X(x), Y(potential(state, x))])) });
    upwards(svg, frame, Y, marks, "potential");
    const end = state.theta < 0 ? high - 0.9 : low + 0.9;
    word(svg, X(end), Y(potential(state, end)) + 20, "middle", "f", { class: "gan-truth", "font-style": "italic" });
    return Y;
  }

  // Nine arrows of the monotone plan, and on the potential the places where each begins and ends
  function plan(svg, frame, X, Y, state, radius) {
    const data = quantiles[state.shape], along = (row) => frame.top + 5 + row * (frame.bottom - frame.top - 10) / (data.length - 1);
    upright(svg, 12, (frame.top + frame.bottom) / 2, "plan");
    const ends = data.map((head) => ({ head, foot: head + state.theta }));
    const middle = ends[(data.length - 1) / 2], y = along((data.length - 1) / 2);
    [middle.head, middle.foot].forEach((x) => element(svg, "path", { class: "gan-guide", d: path([[X(x), y], [X(x), Y(potential(state, x))]]) }));
    ends.forEach(({ head, foot }, row) => arrow(svg, X(foot), X(head), along(row), {
      "data-foot": foot, "data-head": head, "data-foot-f": potential(state, foot), "data-head-f": potential(state, head),
    }));
    ["foot", "head"].forEach((end) => ends.forEach((one) => element(svg, "circle", {
      class: `gan-${end}`, cx: X(one[end]).toFixed(2), cy: Y(potential(state, one[end])).toFixed(2), r: radius,
    })));
  }

  function arrow(svg, foot, head, y, data) {
    const group = element(svg, "g", { class: "gan-arrow", ...data }), way = Math.sign(head - foot);
    const size = Math.min(8, 0.7 * Math.abs(head - foot)), neck = head - way * size;
    element(group, "path", { class: "gan-shaft", d: path([[foot, y], [neck, y]]) });
    element(group, "circle", { class: "gan-foot", cx: foot.toFixed(2), cy: y.toFixed(2), r: 2.6 });
    element(group, "path", { class: "gan-head", d: path([[head, y], [neck, y - size / 2], [neck, y + size / 2]]) + "Z" });
  }

  function measured(shape) {
    return spread(Math.round(2 * far / step) + 1, -far, far).map(stepped).map((theta) => [theta, distances({ shape, theta })]);
  }

  function drawCurves(svg, width, state, numbers, known) {
    const height = width > 500 ? 216 : 190, frame = { left: 48, right: width - 54, top: 10, bottom: height - 44 };
    const X = (theta) => frame.left + (theta + far) / (2 * far) * (frame.right - frame.left);
    const Y = (value) => frame.bottom - value / far * (frame.bottom - frame.top);
    begin(svg, width, height);
    ticks(svg, frame, X, spread(2 * far + 1, -far, far));
    word(svg, (frame.left + frame.right) / 2, height - 6, "middle", "shift \u03b8");
    upwards(svg, frame, Y, spread(far + 1, 0, far), "distance");
    element(svg, "path", { class: "gan-limit", d: path([[frame.left, Y(Math.LN2)], [frame.right, Y(Math.LN2)]]) });
    word(svg, frame.right + 12, Y(Math.LN2) + 5, "start", "log 2");
    element(svg, "path", { class: "gan-guide", d: path([[X(state.theta), frame.bottom], [X(state.theta), frame.top]]) });
    ["tv", "w1", "js"].forEach((key) => {
      element(svg, "path", { class: `gan-line gan-${key}-line`, d: path(known.map(([theta, n]) => [X(theta), Y(n[key])])) });
      element(svg, "circle", { class: "gan-now", "data-of": key, cx: X(state.theta).toFixed(2), cy: Y(numbers[key]).toFixed(2), r: 4.5 });
    });
    const side = state.theta < 0 ? 1 : -1; // the names stand where the dots are not
    const called = (key, x, y) => symbol(svg, x, y, ...LINES[key], 4, "name");
    called("w1", X(2.5 * side) - side * 24, Y(2.5) - 5);
    called("tv", X(1.9 * side), Y(1) - 8);
    called("js", X(1.9 * side), Y(Math.LN2) + 19);
  }

  function start(figure) {
    const part = (role) => figure.querySelector(`[data-part="${role}"]`);
    const radios = Object.keys(shapes).map((shape) => part(shape)), known = {};
    const begin = { theta: Number(figure.dataset.shift), shape: figure.dataset.shape }, state = { ...begin };
    let timer = 0;

    function fit() {
      const width = limited(part("frame").clientWidth, 280, 760);
      draw(part("drawing"), width, state);
      known[state.shape] ||= measured(state.shape);
      drawCurves(part("curves"), width, state, distances(state), known[state.shape]);
    }

    function show() {
      const numbers = distances(state), said = summary(state, numbers);
      part("theta").value = state.theta;
      part("theta").setAttribute("aria-valuetext", short(state.theta));
      part("theta-value").textContent = short(state.theta);
      radios.forEach((radio) => { radio.checked = radio.value === state.shape; });
      Object.entries(numbers).forEach(([key, value]) => tell(part(key), value));
      part("drawing").setAttribute("aria-label", `${said} Nine arrows of length ${short(numbers.w1)} lead from generated to data, and the potential f climbs as much along each.`);
      fit();
    }

    function set(values) {
      Object.assign(state, values);
      show();
      window.clearTimeout(timer); // a voice gets one sentence when the hand rests, not one for every step
      timer = window.setTimeout(() => { part("summary").textContent = summary(state, distances(state)); }, 500);
    }

    part("theta").addEventListener("input", () => set({ theta: stepped(part("theta").value) }));
    radios.forEach((radio) => radio.addEventListener("change", () => set({ shape: radio.value })));
    part("reset").addEventListener("click", () => set(begin));
    presets.forEach((theta, index) => part(`preset-${index}`).addEventListener("click", () => set({ theta })));
    part("picture").hidden = true;
    part("live").hidden = false;
    show();
    new ResizeObserver(fit).observe(part("frame"));
  }

  document.querySelectorAll(`[data-sliding="${name}"]:not([data-ready])`).forEach((figure) => {
    const copies = document.querySelectorAll(`[data-sliding="${name}"][data-ready]`).length;
    figure.querySelectorAll("input[type=radio]").forEach((radio) => { radio.name += `-${copies}`; }); // one choice for each copy
    figure.dataset.ready = "";
    start(figure);
  });
})
