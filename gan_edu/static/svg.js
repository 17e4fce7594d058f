// What the drawings of the live figures share.
(function () {
  const minus = (text) => text.replace("-", "\u2212");

  function element(parent, tag, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    if (text) node.textContent = text;
    parent.append(node);
    return node;
  }

  const rule = (svg, x1, y1, x2, y2) => element(svg, "line", { x1, y1, x2, y2, stroke: "currentColor" });
  const word = (svg, x, y, anchor, text, more) => element(svg, "text", { x, y, "text-anchor": anchor, ...more }, text);

  // Upwards along an axis, centred at x, y
  const upright = (svg, x, y, text, more) => word(svg, 0, 0, "middle", text, { transform: `translate(${x} ${y}) rotate(-90)`, ...more });

  // A name with a subscript or a star, such as p_data
  function symbol(svg, x, y, letter, small, shift, kind) {
    const text = word(svg, x, y, "middle", "", { class: `gan-${kind}` });
    element(text, "tspan", { "font-style": "italic" }, letter);
    element(text, "tspan", { dy: shift, "font-size": "75%" }, small);
  }

  // The path through these points (x, y) in pixels
  const path = (points) => "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(2)}`).join("L");

  return { minus, element, rule, word, upright, symbol, path };
})()
