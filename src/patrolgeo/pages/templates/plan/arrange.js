// what stands where: no sign and no name lies on another. Signs stay at their place, move beside it with a line that
// leads there, or join the next sign of their kind, which then counts them; names take what room is left
class Boxes {
  constructor() { this.of = new Map(); }
  buckets([left, top, right, bottom]) {
    const keys = [];
    for (let x = left >> 6; x <= right >> 6; x++) for (let y = top >> 6; y <= bottom >> 6; y++) keys.push(x * 65536 + y);
    return keys;
  }
  free(box) {
    const apart = (t) => t[0] >= box[2] || t[2] <= box[0] || t[1] >= box[3] || t[3] <= box[1];
    return this.buckets(box).every((key) => (this.of.get(key) ?? []).every(apart));
  }
  take(box) {
    for (const key of this.buckets(box)) {
      if (!this.of.has(key)) this.of.set(key, []);
      this.of.get(key).push(box);
    }
  }
}

const round = (...radii) => radii.flatMap((r) => Array.from({ length: 12 }, (_, k) => [r * Math.cos((k * Math.PI) / 6), r * Math.sin((k * Math.PI) / 6)]));
const NEAR = [[0, 0], ...round(14)], FAR = [[0, 0], ...round(22, 36, 52, 70, 92)];
const boxAt = (x, y, width, height) => [x - width / 2 - 1, y - height / 2 - 1, x + width / 2 + 1, y + height / 2 + 1];
const latticeOf = (reach) => {
  const found = [];
  for (let dx = -reach; dx <= reach; dx += 8) for (let dy = -reach; dy <= reach; dy += 8) found.push([dx, dy]);
  return found.sort(([a, b], [c, d]) => a * a + b * b - (c * c + d * d));
};
const LEADING = 10; // ranks of outlines that may stand beside them
const LATTICE = latticeOf(280);
let taken = new Boxes(), size = map.getSize(), placed = new Map(), leaders = [];

const within = ([left, top, right, bottom]) => left >= 0 && top >= 0 && right <= size.x && bottom <= size.y;
const sees = ({ x, y }) => x > -10 && y > -10 && x < size.x + 10 && y < size.y + 10;

function arrange() {
  taken = new Boxes();
  size = map.getSize();
  placed = new Map();
  leaders = [];
  for (const box of controlBoxes()) taken.take(box);
  const seen = groups.map((group) => seenOf(group));
  groups.forEach((group, g) => { if (group.numbered && group.shape === "points") seen[g].forEach((one) => placeSign(one, FAR, true)); });
  if (map.hasLayer(overlays.borders ?? here) && data.areas) {
    makeAll(data.areas.names.map((_, i) => [`area ${i}`, () => chipElement(i)]));
    data.areas.names.forEach(placeArea);
  }
  groups.forEach((group, g) => { if (group.numbered && group.shape !== "points") seen[g].forEach((one) => placeSign(one, one.i < LEADING ? FAR : [[0, 0]], false)); });
  groups.forEach((group, g) => { if (!group.numbered && !group.dots && group.shape === "points") seen[g].forEach((one) => placeSign(one, NEAR, true)); });
  placeLineNames();
  groups.forEach((group, g) => { if (group.named && group.shape !== "lines") placeNames(group, seen[g]); });
  putSigns();
  leadersSheet.draw();
}

function controlBoxes() {
  const frame = map.getContainer().getBoundingClientRect();
  return [...main.querySelectorAll(".leaflet-bar, .leaflet-control-scale, .leaflet-control-attribution, .north, .search, .steps:not([hidden])")].map((control) => {
    const { left, top, right, bottom } = control.getBoundingClientRect();
    return [left - frame.left - 2, top - frame.top - 2, right - frame.left + 2, bottom - frame.top + 2];
  });
}

function seenOf(group) {
  if (!group.shown) return [];
  return group.at.map((at, i) => ({ group, i, at: map.latLngToContainerPoint(at) }))
    .filter(({ i, at }) => visible(group, i) && sees(at));
}

// a sign stands at its place or beside it; without room it joins the nearest of its sort, unless its outline is drawn
function placeSign(one, offsets, must) {
  const { group, i, at } = one, edge = !group.numbered ? 17 : group.paths ? 18 : small.matches ? 20 : 24;
  const stand = (steps) => {
    for (const [dx, dy] of steps) {
      const x = at.x + dx, y = at.y + dy, box = boxAt(x, y, edge, edge);
      if (!taken.free(box) || !(within(box) || (!dx && !dy))) continue;
      taken.take(box);
      if (dx || dy) leaders.push([at, { x, y }, group.sorts[group.sort[i]].colour]);
      placed.set(`${group.key} ${i}`, { ...one, x, y, edge, members: [i] });
      return true;
    }
    return false;
  };
  if (stand(offsets) || !must || joins(one, (mark) => group.sort[mark.i] === group.sort[i])) return;
  if (!stand(FAR) && !joins(one, () => true)) stand(LATTICE);
}

function joins({ group, i, at }, fits) {
  const away = (mark) => (mark.x - at.x) ** 2 + (mark.y - at.y) ** 2;
  const mates = [...placed.values()].filter((mark) => mark.group === group && fits(mark));
  if (mates.length) mates.reduce((a, b) => (away(a) <= away(b) ? a : b)).members.push(i);
  return mates.length > 0;
}

// the name of an area: inside it, as near to its middle as there is room; else beside it, with a line
function placeArea(name, i) {
  const [low, high] = data.areas.bounds[i], box = L.latLngBounds(low, high);
  if (!map.getBounds().intersects(box)) return;
  const label = made.get(`area ${i}`), width = label.wide, height = label.high;
  const middle = map.latLngToContainerPoint(data.areas.at[i]), whole = sees(middle);
  const part = map.getBounds(), start = whole ? middle : map.latLngToContainerPoint([
    (Math.max(box.getSouth(), part.getSouth()) + Math.min(box.getNorth(), part.getNorth())) / 2,
    (Math.max(box.getWest(), part.getWest()) + Math.min(box.getEast(), part.getEast())) / 2,
  ]);
  const corners = [map.latLngToContainerPoint([high[0], low[1]]), map.latLngToContainerPoint([low[0], high[1]])];
  const reach = corners.flatMap(({ x, y }) => [x, y]);
  for (const must of whole ? [true, false] : [true]) {
    for (const [dx, dy] of LATTICE) {
      const x = start.x + dx, y = start.y + dy, taking = boxAt(x, y, width + 2, height + 2);
      if (must && (x < reach[0] || y < reach[1] || x > reach[2] || y > reach[3])) continue;
      if (!within(taking) || !taken.free(taking) || (must && !holds(i, x, y))) continue;
      taken.take(taking);
      if (!must) leaders.push([middle, { x, y }, "#15202b"]);
      placed.set(`area ${i}`, { label, x, y });
      return;
    }
  }
}

function holds(i, x, y) {
  const latlng = map.containerPointToLatLng([x, y]);
  return areaOf.length ? areaOf[cellAt(latlng)] === i : inside(areaPaths, i, east(latlng.lng), south(latlng.lat));
}

// names beside their dots, while there are not too many of them
function placeNames(group, seen) {
  if (seen.length > 120 && map.getZoom() < first + 2) return;
  if (group.dots && map.getZoom() < first + 0.5) return;
  const named = seen.filter(({ i }) => group.names[i]);
  const keyOf = (i) => `${group.key} name ${i}`;
  makeAll(named.map(({ i }) => [keyOf(i), () => nameElement(group.names[i], "place", () => openThing(group, i))]));
  for (const { i, at } of named) {
    const label = made.get(keyOf(i));
    const aside = group.dots ? label.wide / 2 + 6 : 0;
    for (const [dx, dy] of [[aside, 0], [-aside, 0], [0, -11], [0, 11]]) {
      const box = boxAt(at.x + dx, at.y + dy, label.wide, label.high);
      if (!within(box) || !taken.free(box)) continue;
      taken.take(box);
      placed.set(keyOf(i), { label, x: at.x + dx, y: at.y + dy });
      break;
    }
  }
}

const LINE_NAMES = 60; // in one window

function placeLineNames() {
  const scale = 256 * 2 ** map.getZoom(), origin = map.latLngToContainerPoint(latLng(0, 0)), found = [];
  const layersOfLines = groups.filter((group) => group.named && group.shape === "lines" && group.shown);
  const named = layersOfLines.map((group) => ({ paths: group.paths, nameOf: (thing) => group.names[thing], rank: () => -1, kind: group.key }));
  if (roads?.names && map.hasLayer(overlays.roads)) {
    named.push({ paths: roads.paths, nameOf: (road) => roads.names[road], rank: (road) => roads.rank[road], kind: "street" });
  }
  for (const { paths, nameOf, rank, kind } of named) {
    for (let part = 0; part < paths.sizes.length; part++) {
      const thing = paths.owner[part], [a, b, c, d] = paths.boxes.subarray(4 * part, 4 * part + 4);
      const out = c * scale + origin.x < 0 || d * scale + origin.y < 0 || a * scale + origin.x > size.x || b * scale + origin.y > size.y;
      if (out || paths.lengths[part] * scale < 50 || !nameOf(thing) || map.getZoom() < first + rank(thing) * 0.8) continue;
      found.push({ paths, part, name: nameOf(thing), rank: rank(thing), kind, length: paths.lengths[part] });
    }
  }
  found.sort((a, b) => a.rank - b.rank || b.length - a.length);
  const told = new Map();
  for (const [n, line] of found.entries()) {
    if (told.size && [...told.values()].flat().length >= LINE_NAMES) break;
    if (n % LINE_NAMES === 0) makeAll(found.slice(n, n + LINE_NAMES).map(({ part, name, kind }) => [`${kind} ${part}`, () => nameElement(name, `along ${kind}`)]));
    placeAlong(line, scale, origin, told);
  }
}

// along a straight stretch that is long enough, not again within 300 pixels
function placeAlong({ paths, part, name, kind }, scale, origin, told) {
  const text = made.get(`${kind} ${part}`), others = told.get(name) ?? [];
  for (const share of [0.5, 0.25, 0.75]) {
    const [one, other] = stretch(paths, part, share, (text.wide + 6) / scale).map(([x, y]) => ({ x: x * scale + origin.x, y: y * scale + origin.y }));
    const chord = Math.hypot(other.x - one.x, other.y - one.y), middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
    if (chord < 0.92 * text.wide || others.some((t) => Math.hypot(t.x - middle.x, t.y - middle.y) < 300)) continue;
    let angle = Math.atan2(other.y - one.y, other.x - one.x);
    if (Math.abs(angle) > Math.PI / 2) angle -= Math.sign(angle) * Math.PI;
    const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    const box = boxAt(middle.x, middle.y, text.wide * c + text.high * s, text.wide * s + text.high * c);
    if (!within(box) || !taken.free(box)) continue;
    taken.take(box);
    placed.set(`${kind} ${part}`, { label: text, ...middle, angle });
    told.set(name, [...others, middle]);
    return;
  }
}

// both ends of a stretch of a line, around a share of its length
function stretch(paths, part, share, length) {
  const from = paths.lengths[part] * share - length / 2, ends = [], start = paths.starts[part];
  let gone = 0;
  for (let k = start + 1; k < start + paths.sizes[part] && ends.length < 2; k++) {
    const [dx, dy] = [paths.x[k] - paths.x[k - 1], paths.y[k] - paths.y[k - 1]], step = Math.hypot(dx, dy) || 1e-12;
    while (ends.length < 2 && gone + step >= from + ends.length * length) {
      const t = Math.max(0, (from + ends.length * length - gone) / step);
      ends.push([paths.x[k - 1] + t * dx, paths.y[k - 1] + t * dy]);
    }
    gone += step;
  }
  const last = start + paths.sizes[part] - 1;
  while (ends.length < 2) ends.push([paths.x[last], paths.y[last]]);
  return ends;
}
