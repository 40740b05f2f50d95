// data as they travel, and the few things that every part of the page uses
const data = JSON.parse(document.getElementById("data").textContent), words = data.words;
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const fill = (text, values) => text.replace(/\{(\w+)[^}]*\}/g, (_, key) => values[key]);
const show = (v) => v === 0 ? "0" : Math.abs(v) >= 100 ? Math.round(v).toLocaleString("en")
  : Math.abs(v) >= 1e-4 ? String(Number(v.toPrecision(3))) : v.toExponential(1);

function element(tag, text = "", parent = null, name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  if (parent) parent.append(made);
  return made;
}

function button(text, parent, act, name = "link") {
  const made = element("button", text, parent, name);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

// how often that is, in words: "one in 8 months"; the same table as in patrolgeo.words.rates
function often(perDay) {
  if (!perDay) return words.none;
  const days = 1 / perDay;
  for (const [length, one, several] of data.often.spans) {
    if (Math.abs(days / length - 1) < data.often.near) return one;
    if (days >= data.often.least * length) return fill(several, { n: Math.round(days / length) });
  }
  const [length, text] = data.often.rates.find(([span]) => days * 1.5 >= span);
  return fill(text, { n: show(Number((perDay * length).toPrecision(2))) });
}

// Web Mercator on the unit square: one multiplication away from pixels at every zoom
const east = (lon) => lon / 360 + 0.5;
const south = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
const latLng = (x, y) => L.latLng((Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90, (x - 0.5) * 360);

// points as steps from one to the next; where a step says TOO_WIDE, the point itself follows in `far`
const TOO_WIDE = -32768;

function unpackWalk(packed) {
  const steps = new Int16Array(bytes(packed.steps)), far = new Int32Array(bytes(packed.far)), points = new Int32Array(steps.length);
  for (let k = 0, f = 0, x = 0, y = 0; k < steps.length; k += 2) {
    [x, y] = steps[k] === TOO_WIDE ? [far[f++], far[f++]] : [x + steps[k], y + steps[k + 1]];
    points[k] = x;
    points[k + 1] = y;
  }
  return points;
}

// half a byte a cell; the two highest stand for data.unscored and data.withheld
function unpackKinds(text, count) {
  const halves = new Uint8Array(bytes(text));
  return Uint8Array.from({ length: count }, (_, i) => {
    const kind = i & 1 ? halves[i >> 1] >> 4 : halves[i >> 1] & 15;
    return kind > 13 ? kind + 240 : kind;
  });
}

function unpackRings(packed) {
  const { count, corners, low, unit, mean, step } = packed;
  const first = unpackWalk(packed.first), apart = new (packed.wide ? Int16Array : Int8Array)(bytes(packed.apart));
  const x = new Float64Array(count * corners), y = new Float64Array(count * corners);
  let reach = 0; // no point of a cell is farther from its first corner than this
  for (let i = 0, r = 0; i < count; i++) {
    const lon = low[0] + first[2 * i] * unit, lat = low[1] + first[2 * i + 1] * unit, at = i * corners;
    x[at] = east(lon);
    y[at] = south(lat);
    for (let k = 1; k < corners; k++) {
      x[at + k] = east(lon + mean[k - 1][0] + apart[r++] * step);
      y[at + k] = south(lat + mean[k - 1][1] + apart[r++] * step);
      reach = Math.max(reach, Math.abs(x[at + k] - x[at]), Math.abs(y[at + k] - y[at]));
    }
  }
  return { count, corners, x, y, reach };
}

// numbers that occur, each once, and which of them a cell has
function unpackNumbers(packed) {
  const levels = new Float32Array(bytes(packed.levels)), width = packed.bytes;
  const code = width === 1 ? new Uint8Array(bytes(packed.code)) : width === 2 ? new Uint16Array(bytes(packed.code)) : null;
  return (i) => levels[code ? code[i] : width ? i : 0];
}

function unpackIds({ base, unused, wide, rest }) {
  const more = new (wide ? BigUint64Array : Uint32Array)(bytes(rest)), shift = BigInt(unused);
  return (i) => (((BigInt(base) + BigInt(more[i])) << shift) | ((1n << shift) - 1n)).toString(16);
}

// lines and outlines by part, each with its box and length, so that what lies outside the window is passed over
function unpackPaths(packed) {
  const owner = new Int32Array(bytes(packed.owner)), sizes = new Int32Array(bytes(packed.sizes));
  const xy = unpackWalk(packed.xy), starts = new Int32Array(sizes.length);
  const x = Float64Array.from({ length: xy.length / 2 }, (_, i) => east(packed.origin[0] + xy[2 * i] * packed.unit));
  const y = Float64Array.from({ length: xy.length / 2 }, (_, i) => south(packed.origin[1] + xy[2 * i + 1] * packed.unit));
  const boxes = new Float64Array(4 * sizes.length), lengths = new Float64Array(sizes.length);
  for (let part = 0, at = 0; part < sizes.length; at += sizes[part++]) {
    starts[part] = at;
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = at; k < at + sizes[part]; k++) {
      box[0] = Math.min(box[0], x[k]);
      box[1] = Math.min(box[1], y[k]);
      box[2] = Math.max(box[2], x[k]);
      box[3] = Math.max(box[3], y[k]);
      if (k > at) lengths[part] += Math.hypot(x[k] - x[k - 1], y[k] - y[k - 1]);
    }
    boxes.set(box, 4 * part);
  }
  return { owner, sizes, starts, x, y, boxes, lengths };
}

// whether a point of the unit square lies in a thing: an odd number of its edges lies to the right
function inside(paths, thing, px, py) {
  let within = false;
  for (let part = 0; part < paths.sizes.length; part++) {
    const box = paths.boxes.subarray(4 * part, 4 * part + 4);
    if (paths.owner[part] !== thing || py < box[1] || py > box[3] || px > box[2]) continue;
    const start = paths.starts[part], end = start + paths.sizes[part];
    for (let k = start, j = end - 1; k < end; j = k++) {
      const [xk, yk, xj, yj] = [paths.x[k], paths.y[k], paths.x[j], paths.y[j]];
      if (yk > py !== yj > py && px < ((xj - xk) * (py - yk)) / (yj - yk) + xk) within = !within;
    }
  }
  return within;
}
