// the cells: how they are coloured, which one lies under a point, what is known of it
const cells = unpackRings(data.cells.rings);
const areaOf = new Int16Array(bytes(data.cells.area));
const idOf = unpackIds(data.cells.ids);
const layers = data.layers.map((layer) => ({
  ...layer, classes: unpackKinds(layer.classes, cells.count), values: unpackNumbers(layer.values), interval: layer.interval.map(unpackNumbers),
}));
const outer = data.boundary && unpackPaths(data.boundary);
let active = layers[0], chosen = -1;

// one path for many cells is quick to fill, one for all of them is not
const TOGETHER = 20;
const RIMMED = 14; // pixels across, from which a cell has a rim; smaller ones are coloured pixel by pixel

function paintCells(context, view) {
  const { corners, x, y } = cells, wide = 3 < corners ? Math.hypot(x[3] - x[0], y[3] - y[0]) * view.scale : 0;
  if (outer) context.clip(tracePaths(outer, view, () => 0).get(0) ?? new Path2D(), "evenodd");
  if (wide <= RIMMED && corners <= 10) context.drawImage(pixelCells(view), 0, 0, view.width, view.height);
  else traceCells(context, view, wide);
}

function traceCells(context, view, wide) {
  const { corners, x, y, count } = cells, { scale, left, top, width, height } = view, waiting = new Map();
  const hatch = Object.fromEntries(Object.entries(data.hatched).map(([kind, colour]) => [kind, hatching(context, colour, Number(kind) === data.unscored)]));
  context.lineWidth = wide > RIMMED ? 0.8 : 0.5;
  const flush = (kind, { path }) => {
    const colour = active.colours[kind] ?? data.plain[kind];
    for (const fill of kind in hatch ? [colour, hatch[kind]] : [colour]) {
      context.fillStyle = fill;
      context.fill(path);
    }
    context.strokeStyle = wide > RIMMED ? "rgba(255,255,255,.75)" : colour;
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
}

function outline(context, view, i, strokes = [["#ffffff", 6], ["#0b4f86", 3]]) {
  const { corners, x, y } = cells;
  context.beginPath();
  for (let at = i * corners; at < (i + 1) * corners; at++) context.lineTo(x[at] * view.scale - view.left, y[at] * view.scale - view.top);
  context.closePath();
  for (const [colour, width] of strokes) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  }
}

// cells by square tiles of their first corner, in one list: those of tile t are from starts[t] to starts[t + 1]
const tiles = (() => {
  const { x, y, corners, count, reach } = cells, ends = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < count * corners; at += corners) {
    ends[0] = Math.min(ends[0], x[at]);
    ends[1] = Math.min(ends[1], y[at]);
    ends[2] = Math.max(ends[2], x[at]);
    ends[3] = Math.max(ends[3], y[at]);
  }
  const side = Math.max(reach, (ends[2] - ends[0]) / 700, (ends[3] - ends[1]) / 700);
  const [wide, high] = [0, 1].map((k) => Math.floor((ends[k + 2] - ends[k]) / side) + 1);
  const column = (px) => Math.floor((px - ends[0]) / side), row = (py) => Math.floor((py - ends[1]) / side);
  const starts = new Int32Array(wide * high + 1), list = new Int32Array(count);
  const tile = Int32Array.from({ length: count }, (_, i) => row(y[i * corners]) * wide + column(x[i * corners]));
  for (const t of tile) starts[t + 1]++;
  for (let t = 0; t < wide * high; t++) starts[t + 1] += starts[t];
  const next = starts.slice();
  tile.forEach((t, i) => { list[next[t]++] = i; });
  return { column, row, wide, high, starts, list };
})();

const cellAt = ({ lat, lng }) => cellUnder(east(lng), south(lat));

// the cell under a point of the unit square; its first corner lies in the tile of the point or in one beside it
function cellUnder(px, py) {
  const column = tiles.column(px), row = tiles.row(py);
  for (let r = Math.max(0, row - 1); r <= Math.min(tiles.high - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(tiles.wide - 1, column + 1); c++) {
      const t = r * tiles.wide + c;
      for (let k = tiles.starts[t]; k < tiles.starts[t + 1]; k++) if (holdsPoint(tiles.list[k], px, py)) return tiles.list[k];
    }
  }
  return -1;
}

function holdsPoint(i, px, py) {
  const { x, y, corners } = cells, at = i * corners;
  let within = false;
  for (let k = 0, j = corners - 1; k < corners; j = k++) {
    const [xk, yk, xj, yj] = [x[at + k], y[at + k], x[at + j], y[at + j]];
    if (yk > py !== yj > py && px < ((xj - xk) * (py - yk)) / (yj - yk) + xk) within = !within;
  }
  return within;
}

function cellMiddle(i) {
  const { corners, x, y } = cells, at = i * corners;
  return latLng(...[x, y].map((axis) => axis.subarray(at, at + corners).reduce((a, b) => a + b) / corners));
}

function valueText(layer, i) {
  if (layer.classes[i] === data.withheld) return words.withheld;
  if (layer.classes[i] === data.unscored) return words.unscored;
  const ends = layer.interval.map((values) => values(i)), own = layer.values(i);
  if (layer.rate) return rateText(own / layer.rate, ends[0] / layer.rate, ends[1] / layer.rate, ends[2]);
  if (own in layer.said) return layer.said[own];
  const [value, low, high] = [own, ...ends].map(show);
  return low === undefined ? value : fill(words.interval, { value, low, high });
}

function rateText(value, low, high, chance) {
  const known = { value: often(value), low: often(low), high: often(high), chance: `${show(100 * chance)} %` };
  if (!(high >= 0)) return known.value;
  return fill(!value ? words.rate_none : chance >= 0 ? words.rate_chance : words.rate, known);
}
