// A map of codes with a point that the reader moves; the network that decodes the point is computed here.
(function (network, { minus, element, rule, word, upright }, name, map) {
  const KEYS = ["first", "second"];
  const short = (value) => minus((Math.abs(value) < map.step / 2 ? 0 : value).toFixed(map.places));
  const spoken = (code) => `(${short(code[0])}, ${short(code[1])})`;
  const limited = (value, [low, high]) => Math.min(high, Math.max(low, value));
  const stepped = (value) => Number((Math.round(value / map.step) * map.step).toFixed(map.places));

  function nearest(code) {
    const away = map.marks.map(([x, y]) => Math.hypot(x - code[0], y - code[1]));
    const least = Math.min(...away);
    return { away: least, label: map.marks[away.indexOf(least)][2] };
  }

  function summary(code) {
    const found = nearest(code);
    return `Code ${spoken(code)}. The nearest code drawn on the map belongs to ${map.names[found.label]}, ${short(found.away)} away.`;
  }

  // Where a code lies in the drawing
  function scales(width) {
    const frame = { left: 60, right: width - 10, top: 8, bottom: width - 62 }; // a square in a square, whose shape no width changes
    const [[x0, x1], [y0, y1]] = map.limits, size = frame.right - frame.left;
    return {
      frame, width,
      X: (x) => frame.left + (x - x0) / (x1 - x0) * size,
      Y: (y) => frame.bottom - (y - y0) / (y1 - y0) * size,
    };
  }

  // 1, 2 or 5 times a power of ten, so that an axis has at most eight ticks, which a phone can hold
  function ticks([low, high]) {
    const power = 10 ** Math.floor(Math.log10((high - low) / 7));
    const step = [1, 2, 5, 10].map((times) => times * power).find((s) => s >= (high - low) / 7);
    const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: count }, (_, i) => ({ at: (first + i) * step, text: minus(((first + i) * step).toFixed(places)) }));
  }

  function axes(svg, { frame, X, Y, width }) {
    const centre = (frame.left + frame.right) / 2;
    ticks(map.limits[0]).forEach(({ at, text }) => {
      rule(svg, X(at), frame.bottom, X(at), frame.bottom + 5);
      word(svg, X(at), frame.bottom + 20, "middle", text);
    });
    ticks(map.limits[1]).forEach(({ at, text }) => {
      rule(svg, frame.left - 5, Y(at), frame.left, Y(at));
      word(svg, frame.left - 9, Y(at) + 5, "end", text);
    });
    word(svg, centre, width - 18, "middle", map.axes[0]);
    upright(svg, 14, (frame.top + frame.bottom) / 2, map.axes[1]);
  }

  function draw(svg, width) {
    const scale = scales(width), { frame, X, Y } = scale;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${width}`);
    axes(svg, scale);
    const marks = element(svg, "g", { class: "gan-marks" });
    map.marks.forEach(([x, y, label]) => element(marks, "text", {
      x: X(x).toFixed(1), y: (Y(y) + 4).toFixed(1), "text-anchor": "middle",
      style: `fill: color-mix(in srgb, ${map.colours[label]} 65%, currentColor)`,
    }, String(label)));
    const handle = element(svg, "g", { class: "gan-handle" });
    element(handle, "path", { class: "gan-cross" });
    ["gan-halo", "gan-ring"].forEach((kind) => element(handle, "circle", { class: kind, r: 11 }));
    return scale;
  }

  function place(svg, { frame, X, Y }, code) {
    const x = X(code[0]).toFixed(1), y = Y(code[1]).toFixed(1);
    svg.querySelector(".gan-cross").setAttribute("d", `M${frame.left} ${y}H${frame.right}M${x} ${frame.top}V${frame.bottom}`);
    svg.querySelectorAll("circle").forEach((circle) => {
      circle.setAttribute("cx", x);
      circle.setAttribute("cy", y);
    });
  }

  // Dark ink on light paper, whatever the page's colours
  function paint(canvas, output) {
    const context = canvas.getContext("2d"), image = context.createImageData(map.side, map.side);
    output.forEach((value, i) => {
      const light = Math.round(255 * (1 - limited(value, [-1, 1])) / 2);
      image.data.set([light, light, light, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  function start(figure) {
    const part = (role) => figure.querySelector(`[data-part="${role}"]`);
    const svg = part("map"), field = part("field"), decode = network(map.layers);
    let code = map.start, scale = null, timer = 0;

    function show() {
      const output = decode(code);
      KEYS.forEach((key, axis) => {
        part(key).value = code[axis];
        part(key).setAttribute("aria-valuetext", short(code[axis]));
        part(`${key}-value`).textContent = short(code[axis]);
      });
      figure.dataset.code = JSON.stringify(code);
      figure.dataset.output = JSON.stringify(Array.from(output));
      part("code").textContent = `code ${spoken(code)}`;
      svg.setAttribute("aria-label", `Map of ${map.marks.length} codes, each drawn as its label; the point is at ${spoken(code)}`);
      part("decoded").setAttribute("aria-label", `Picture of ${map.side} by ${map.side} pixels decoded from the code ${spoken(code)}`);
      paint(part("decoded"), output);
      place(svg, scale, code);
    }

    function set(values) {
      code = values.map((value, axis) => limited(stepped(value), map.limits[axis]));
      show();
      window.clearTimeout(timer); // a voice gets one sentence when the hand rests, not one for every step
      timer = window.setTimeout(() => { part("summary").textContent = summary(code); }, 500);
    }

    function fit() {
      scale = draw(svg, Math.max(240, Math.min(480, part("frame").clientWidth)));
      place(svg, scale, code);
      const { left, right, top, bottom } = scale.frame, share = (length) => `${100 * length / scale.width}%`;
      Object.assign(field.style, { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) });
    }

    function point(event) {
      const box = field.getBoundingClientRect(), [[x0, x1], [y0, y1]] = map.limits;
      set([x0 + (event.clientX - box.left) / box.width * (x1 - x0), y0 + (box.bottom - event.clientY) / box.height * (y1 - y0)]);
    }

    // an element above the drawing, because in Chromium a part of an SVG cannot keep a finger from scrolling
    field.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      field.setPointerCapture(event.pointerId);
      point(event);
    });
    field.addEventListener("pointermove", (event) => field.hasPointerCapture(event.pointerId) && point(event));
    KEYS.forEach((key) => part(key).addEventListener("input", () => set(KEYS.map((each) => Number(part(each).value)))));
    part("reset").addEventListener("click", () => set(map.start));
    part("picture").hidden = true;
    part("live").hidden = false;
    fit();
    show();
    new ResizeObserver(fit).observe(part("frame"));
  }

  document.querySelectorAll(`[data-code-map="${name}"]:not([data-ready])`).forEach((figure) => {
    figure.dataset.ready = "";
    start(figure);
  });
})
