// what was moved has a thick rim, what is locked a cross: both are seen without colour
const quiet = { color: "#15202b", interactive: false };
let closedLine = [];

// ground that is left out, a road that is closed, posts; drawn as the rest of the map is, so that they are printed too
const drawn = new Sheet("borders", (context, view) => {
  const at = ([lon, lat]) => [east(lon) * view.scale - view.left, south(lat) * view.scale - view.top];
  for (const ring of state?.rings ?? []) trace(context, ring.map(at), { strokeStyle: "#15202b", lineWidth: 2, fillStyle: "rgba(21,32,43,.25)" }, [6, 4]);
  for (const part of closedLine) trace(context, part.map(at), { strokeStyle: "#b3122f", lineWidth: 6 }, [4, 8]);
  const middle = (id) => { const { lat, lng } = cellMiddle(atId.get(id)); return at([lng, lat]); };
  for (const id of state?.posts?.new ?? []) newPost(context, ...middle(id));
  for (const id of state?.posts?.gone ?? []) gonePost(context, ...middle(id));
}).addTo(map);

function trace(context, points, look, dash = []) {
  Object.assign(context, look);
  context.setLineDash(dash);
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  if (look.fillStyle) { context.closePath(); context.fill(); }
  context.stroke();
  context.setLineDash([]);
}

function circle(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
}

// a new post is a ring with a dot, one that was taken away a ring that is struck through
function newPost(context, x, y) {
  Object.assign(context, { strokeStyle: "#15202b", fillStyle: "#ffffff", lineWidth: 3 });
  circle(context, x, y, 11);
  context.fill();
  context.stroke();
  context.fillStyle = "#15202b";
  circle(context, x, y, 4);
  context.fill();
}

function gonePost(context, x, y) {
  Object.assign(context, { strokeStyle: "#15202b", lineWidth: 3 });
  circle(context, x, y, 14);
  context.stroke();
  trace(context, [[x - 12, y + 12], [x + 12, y - 12]], {});
}

const markedCells = new Sheet("borders", (context, view) => {
  const { corners, x, y } = cells, small = Math.hypot(x[3] - x[0], y[3] - y[0]) * view.scale < 20;
  for (const i of moved) outline(context, view, i, small ? [["#15202b", 1.5]] : undefined);
  Object.assign(context, { strokeStyle: "#15202b", lineWidth: 1.2 });
  for (const i of locked) {
    for (const [a, b] of [[0, 3], [1, 4]]) {
      context.beginPath();
      for (const k of [a, b]) context.lineTo(x[i * corners + k % corners] * view.scale - view.left, y[i * corners + k % corners] * view.scale - view.top);
      context.stroke();
    }
  }
}).addTo(map);

// the cell across each edge of a cell, looked up when it is first asked for: behind the middle of the edge
const across = new Int32Array(cells.count * cells.corners).fill(-2);

function cellAcross(i, k) {
  const { corners, x, y } = cells, at = i * corners + k, next = i * corners + (k + 1) % corners;
  if (across[at] === -2) {
    let cx = 0, cy = 0;
    for (let c = i * corners; c < (i + 1) * corners; c++) { cx += x[c] / corners; cy += y[c] / corners; }
    across[at] = x[at] === x[next] && y[at] === y[next] ? i : cellUnder(x[at] + x[next] - cx, y[at] + y[next] - cy);
  }
  return across[at];
}

// outlines of areas from the labels of their cells; beyond the last cell the outline of the study area is drawn already
function traceBorders(labels, view, wanted) {
  const { corners, x, y, count } = cells, { scale, left, top } = view, path = new Path2D();
  for (let i = 0; i < count; i++) {
    if (!wanted(labels[i])) continue;
    for (let k = 0, at = i * corners; k < corners; k++) {
      const other = cellAcross(i, k), next = at + (k + 1) % corners;
      if (other === i || (other >= 0 ? labels[other] === labels[i] : outer)) continue;
      path.moveTo(x[at + k] * scale - left, y[at + k] * scale - top);
      path.lineTo(x[next] * scale - left, y[next] * scale - top);
    }
  }
  return path;
}

function strokeBorders(context, path) {
  for (const [strokeStyle, lineWidth] of borderStrokes) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.stroke(path);
  }
}

// two plans side by side: left of the curtain the plan as it was, or the other plan
let curtain = 0, otherTints = null, otherAreas = started, otherNames = [];
const leftOf = (view) => view.margin.x + (map.getSize().x * curtain) / 100;
const onSide = (context, from, to, view, act) => {
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, view.height);
  context.clip();
  if (outer) context.clip(tracePaths(outer, view, () => 0).get(0) ?? new Path2D(), "evenodd");
  act();
  context.restore();
};
const borders = new Sheet("borders", (context, view) => {
  context.lineJoin = context.lineCap = "round";
  const middle = leftOf(view);
  if (curtain) onSide(context, 0, middle, view, () => strokeBorders(context, traceBorders(otherAreas, view, (area) => area >= 0)));
  if (redrawn.size) onSide(context, curtain ? middle : 0, view.width, view, () => strokeBorders(context, traceBorders(areaOf, view, (area) => redrawn.has(area))));
});
overlays.borders.addLayer(borders);

// the other plan has areas of its own, so their names stand left of the curtain in place of ours
function writeNames(context, view) {
  Object.assign(context, { font: "700 13px system-ui, sans-serif", textAlign: "center", strokeStyle: "#ffffff", fillStyle: "#15202b", lineWidth: 4 });
  for (const { name, x, y } of otherNames) {
    for (const write of ["strokeText", "fillText"]) context[write](name, x * view.scale - view.left, y * view.scale - view.top);
  }
}

map.createPane("names").style.zIndex = 605; // above the signs, as names of areas are
const names = new Sheet("names", (context, view) => {
  if (curtain) onSide(context, 0, leftOf(view), view, () => writeNames(context, view));
}).addTo(map);

function veilNames() {
  const middle = (map.getSize().x * curtain) / 100;
  for (const [key, { label, x }] of placed) {
    if (key.startsWith("area ")) label.box.style.visibility = otherTints && x < middle ? "hidden" : "";
  }
}
map.on("moveend resize", veilNames);

// with the curtain every outline is drawn from labels, else those of areas that have changed
function showBorders() {
  redrawn.clear();
  if (curtain) data.areas.names.forEach((_, i) => redrawn.add(i));
  for (const i of moved) redrawn.add(started[i]).add(areaOf[i]);
  overlays.borders.eachLayer((layer) => layer._map && layer.draw());
}

const drape = element("div", "", main, "curtain");
element("span", start.beside || said.app_before, drape);
element("span", said.app_now, drape);
drape.hidden = true;
const earlier = new Sheet("cells", (context, view) => {
  if (!curtain) return;
  const now = Uint8Array.from(tints.classes), shown = active;
  context.beginPath();
  context.rect(0, 0, leftOf(view), view.height);
  context.clip();
  context.fillStyle = "#eef1f3";
  context.fillRect(0, 0, view.width, view.height);
  tints.classes.set(otherTints ?? firstTints);
  active = tints;
  paintCells(context, view);
  active = shown;
  tints.classes.set(now);
}).addTo(map);
range.addEventListener("input", () => {
  curtain = Number(range.value);
  drape.style.left = `${curtain}%`;
  drape.hidden = !curtain;
  earlier.draw();
  showBorders();
  names.draw();
  veilNames();
});
map.on("move", () => {
  if (!curtain) return;
  earlier.draw();
  borders.draw();
  names.draw();
});

async function readOther() {
  other = await fetch("beside").then((answer) => answer.json());
  otherTints = Uint8Array.from(firstTints);
  otherAreas = Int16Array.from(started);
  const known = [...tintOf.values()];
  for (const [id, area] of Object.entries(other.cells)) {
    otherAreas[atId.get(id)] = area - 1;
    otherTints[atId.get(id)] = tintOf.get(area - 1) ?? known[area % known.length];
  }
  const sums = new Map(other.areas.map(({ area, name }) => [area - 1, { name, n: 0, x: 0, y: 0 }]));
  otherAreas.forEach((area, i) => {
    const sum = sums.get(area), at = i * cells.corners;
    if (sum) Object.assign(sum, { n: sum.n + 1, x: sum.x + cells.x[at], y: sum.y + cells.y[at] });
  });
  otherNames = [...sums.values()].map(({ name, n, x, y }) => ({ name, x: x / n, y: y / n }));
}
