// the cells: how they are coloured, which one lies under a point, what is known of it
const cells = unpackRings(data.cells.rings);
const areaOf = new Int16Array(bytes(data.cells.area));
const idOf = unpackIds(data.cells.ids);
const layers = data.layers.map((layer) => ({
  ...layer, classes: new Uint8Array(bytes(layer.classes)), values: new Float32Array(bytes(layer.values)),
  interval: layer.interval.map((text) => new Float32Array(bytes(text))),
}));
const outer = data.boundary && unpackPaths(data.boundary);
let active = layers[0], chosen = -1;

// one path for many cells is quick to fill, one for all of them is not
const TOGETHER = 20;

function paintCells(context, view) {
  const { corners, x, y, count } = cells, { scale, left, top, width, height } = view;
  const wide = 3 < corners ? Math.hypot(x[3] - x[0], y[3] - y[0]) * scale : 0, rimmed = wide > 14, waiting = new Map();
  if (outer) context.clip(tracePaths(outer, view, () => 0).get(0) ?? new Path2D(), "evenodd");
  context.lineWidth = rimmed ? 0.8 : 0.5;
  const flush = (kind, { path }) => {
    const colour = active.colours[kind] ?? data.plain[kind];
    context.fillStyle = colour;
    context.fill(path);
    if (kind in data.hatched) {
      context.fillStyle = hatching(context, data.hatched[kind], kind === data.unscored);
      context.fill(path);
    }
    context.strokeStyle = rimmed ? "rgba(255,255,255,.75)" : colour;
    context.stroke(path);
    waiting.delete(kind);
  };
  for (let i = 0; i < count; i++) {
    const at = i * corners, px = x[at] * scale - left, py = y[at] * scale - top;
    if (px < -wide || py < -wide || px > width + wide || py > height + wide) continue;
    const kind = active.classes[i];
    if (!waiting.has(kind)) waiting.set(kind, { path: new Path2D(), size: 0 });
    const bundle = waiting.get(kind);
    bundle.path.moveTo(px, py);
    for (let k = 1; k < corners; k++) bundle.path.lineTo(x[at + k] * scale - left, y[at + k] * scale - top);
    bundle.path.closePath();
    if (++bundle.size === TOGETHER) flush(kind, bundle);
  }
  for (const [kind, bundle] of [...waiting]) flush(kind, bundle);
  if (chosen >= 0) outline(context, view, chosen);
}

function outline(context, view, i) {
  const { corners, x, y } = cells;
  context.beginPath();
  for (let at = i * corners; at < (i + 1) * corners; at++) context.lineTo(x[at] * view.scale - view.left, y[at] * view.scale - view.top);
  context.closePath();
  for (const [colour, width] of [["#ffffff", 6], ["#0b4f86", 3]]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  }
}

function cellAt(latlng) {
  const px = east(latlng.lng), py = south(latlng.lat), { x, y, corners, count } = cells;
  for (let i = 0; i < count; i++) {
    const at = i * corners;
    if (Math.abs(x[at] - px) > cells.reach || Math.abs(y[at] - py) > cells.reach) continue;
    let within = false;
    for (let k = 0, j = corners - 1; k < corners; j = k++) {
      const [xk, yk, xj, yj] = [x[at + k], y[at + k], x[at + j], y[at + j]];
      if (yk > py !== yj > py && px < ((xj - xk) * (py - yk)) / (yj - yk) + xk) within = !within;
    }
    if (within) return i;
  }
  return -1;
}

function cellMiddle(i) {
  const { corners, x, y } = cells, at = i * corners;
  return latLng(...[x, y].map((axis) => axis.subarray(at, at + corners).reduce((a, b) => a + b) / corners));
}

function valueText(layer, i) {
  if (layer.classes[i] === data.withheld) return words.withheld;
  if (layer.classes[i] === data.unscored) return words.unscored;
  const ends = layer.interval.map((values) => values[i]);
  if (layer.rate) return rateText(layer.values[i] / layer.rate, ends[0] / layer.rate, ends[1] / layer.rate, ends[2]);
  if (layer.values[i] in layer.said) return layer.said[layer.values[i]];
  const [value, low, high] = [layer.values[i], ...ends].map(show);
  return low === undefined ? value : fill(words.interval, { value, low, high });
}

function rateText(value, low, high, chance) {
  const known = { value: often(value), low: often(low), high: often(high), chance: `${show(100 * chance)} %` };
  if (!(high >= 0)) return known.value;
  return fill(!value ? words.rate_none : chance >= 0 ? words.rate_chance : words.rate, known);
}
