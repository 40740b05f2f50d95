// changing a plan: the page asks, the local server answers with what is where, how balanced it is, and what is proved
const started = Int16Array.from(areaOf), atId = new Map();
for (let i = 0; i < cells.count; i++) atId.set(idOf(i), i);
const tints = layers.find((layer) => layer.key === "areas"), firstTints = Uint8Array.from(tints.classes);
const tintOf = new Map();
started.forEach((area, i) => { if (area >= 0 && !tintOf.has(area)) tintOf.set(area, firstTints[i]); });
let state = null, mode = "look", lasso = null, curtain = 0, waiting = Promise.resolve();
const locked = new Set(), moved = new Set();

// the panel
const edit = element("section");
edit.id = "edit";
document.querySelector("aside").prepend(edit);
element("h2", said.app_title, edit);
const tools = element("div", "", edit, "tools");
for (const kind of ["look", "move", "lasso", "lock", "exclude"]) {
  const label = element("label", "", tools), input = element("input", "", label);
  Object.assign(input, { type: "radio", name: "mode", value: kind, checked: kind === mode });
  element("span", said[`app_${kind}`], label);
  input.addEventListener("change", () => setMode(kind));
}
const first_row = element("div", "", edit, "row"), target = element("select");
first_row.append(element("label", said.app_to), target);
target.setAttribute("aria-label", said.app_to);
data.areas.names.forEach((name, i) => { element("option", name, target).value = i + 1; });
const row = element("div", "", edit, "row"), told = element("output", "", edit);
told.setAttribute("aria-live", "polite");
const press = (key, act) => { const made = element("button", said[key], row); made.type = "button"; made.addEventListener("click", act); return made; };
const undo = press("app_undo", () => ask("do", { do: "undo" }));
press("app_save", () => ask("save", {}));
press("app_close", () => ask("close", {}).then(() => { told.textContent = said.app_closed; }));
const slide = element("div", "", edit, "row"), range = element("input");
slide.append(element("label", said.app_compare), range);
Object.assign(range, { type: "range", min: 0, max: 100, value: 0 });
range.setAttribute("aria-label", said.app_compare);
const sums = element("p", "", edit), wide = element("div", "", edit, "wide"), balance = element("table", "", wide);

// asking: one step after the other, in the order of the clicks
function ask(what, step) {
  waiting = waiting.then(async () => {
    const begun = performance.now();
    try {
      const answer = await fetch(what, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(step) });
      const got = await answer.json();
      if (got.error) { told.textContent = got.error; return; }
      if (got.saved) { told.textContent = fill(said.app_saved, { name: got.saved }); return; }
      show_state(got);
      told.textContent = "";
      edit.dataset.milliseconds = Math.round(performance.now() - begun);
    } catch { told.textContent = said.app_gone; }
  });
  return waiting;
}

function show_state(got) {
  state = got;
  areaOf.set(started);
  tints.classes.set(firstTints);
  moved.clear();
  locked.clear();
  for (const [id, area] of Object.entries(got.moved)) {
    const i = atId.get(id);
    areaOf[i] = area - 1;
    tints.classes[i] = tintOf.get(area - 1);
    moved.add(i);
  }
  for (const id of got.locked) locked.add(atId.get(id));
  undo.disabled = !got.steps;
  edit.dataset.steps = got.steps;
  sums.textContent = fill(said.app_sums, { moved: moved.size, heaviest: got.heaviest.toFixed(3), minutes: got.minutes.toFixed(1), gap: (100 * got.gap).toFixed(1) });
  balance.replaceChildren();
  const head = element("tr", "", element("thead", "", balance));
  for (const key of ["app_area", "app_work", "app_minutes", "app_worst", "app_pieces"]) element("th", said[key], head);
  const body = element("tbody", "", balance);
  for (const one of got.areas) {
    const line = element("tr", "", body), changed = (now, was, digits) => now.toFixed(digits) === was.toFixed(digits) ? now.toFixed(digits) : `${was.toFixed(digits)} → ${now.toFixed(digits)}`;
    element("td", one.name, line);
    element("td", changed(one.over_mean, one.over_mean_before, 3), line);
    element("td", changed(one.mean, one.mean_before, 1), line);
    element("td", one.worst.toFixed(0), line);
    element("td", String(one.pieces), line, one.pieces > 1 ? "bad" : "");
  }
  left_out.clearLayers();
  for (const ring of got.rings) {
    L.polygon(ring.map(([lon, lat]) => [lat, lon]), { color: "#15202b", dashArray: "6 4", weight: 2, fillOpacity: 0.25, fillColor: "#15202b", interactive: false }).addTo(left_out);
  }
  sheet.draw();
  marked_cells.draw();
}

// what was moved has a thick rim, what is locked a cross: both are seen without colour
const left_out = L.layerGroup().addTo(map);
const marked_cells = new Sheet("borders", (context, view) => {
  for (const i of moved) outline(context, view, i);
  const { corners, x, y } = cells;
  Object.assign(context, { strokeStyle: "#15202b", lineWidth: 1.2 });
  for (const i of locked) {
    for (const [a, b] of [[0, 3], [1, 4]]) {
      context.beginPath();
      for (const k of [a, b]) context.lineTo(x[i * corners + k % corners] * view.scale - view.left, y[i * corners + k % corners] * view.scale - view.top);
      context.stroke();
    }
  }
}).addTo(map);

// two plans side by side: left of the curtain the plan as it was
const drape = element("div", "", main, "curtain");
const earlier = new Sheet("cells", (context, view) => {
  if (!curtain) return;
  const now = Uint8Array.from(tints.classes);
  context.beginPath();
  context.rect(0, 0, view.margin.x + (map.getSize().x * curtain) / 100, view.height);
  context.clip();
  context.fillStyle = "#eef1f3";
  context.fillRect(0, 0, view.width, view.height);
  tints.classes.set(firstTints);
  paintCells(context, view);
  tints.classes.set(now);
}).addTo(map);
range.addEventListener("input", () => {
  curtain = Number(range.value);
  drape.style.left = `${curtain}%`;
  drape.hidden = !curtain;
  earlier.draw();
});
drape.hidden = true;
map.on("move", () => curtain && earlier.draw());

// what a click and a stroke do
function setMode(kind) {
  mode = kind;
  const strokes = kind === "lasso" || kind === "exclude";
  document.body.classList.toggle("drawing", kind !== "look");
  if (strokes) map.dragging.disable(); else map.dragging.enable();
  map.closePopup();
}

function step(i) {
  if (i < 0) return;
  if (mode === "lock") ask("do", { do: locked.has(i) ? "unlock" : "lock", cells: [idOf(i)] });
  else ask("do", { do: "move", cells: [idOf(i)], to: Number(target.value) });
}

const onMap = (event) => event.target.closest("#map") && !event.target.closest(".leaflet-control, .leaflet-popup");
let pressed = null;
main.addEventListener("pointerdown", (event) => {
  pressed = [event.clientX, event.clientY];
  if (!onMap(event) || !(mode === "lasso" || mode === "exclude") || event.button) return;
  lasso = { points: [map.mouseEventToLatLng(event)], drawn: L.polyline([], { color: "#15202b", dashArray: "4 4", weight: 2, interactive: false }).addTo(map) };
  event.stopPropagation();
}, true);
main.addEventListener("pointermove", (event) => {
  if (!lasso) return;
  lasso.points.push(map.mouseEventToLatLng(event));
  lasso.drawn.setLatLngs(lasso.points);
}, true);
addEventListener("pointerup", () => {
  if (!lasso) return;
  const { points, drawn } = lasso;
  lasso = null;
  drawn.remove();
  if (points.length < 3) return;
  if (mode === "exclude") { ask("do", { do: "exclude", ring: points.map(({ lat, lng }) => [lng, lat]) }); return; }
  const held = cellsWithin(points).filter((i) => !locked.has(i)).map(idOf);
  if (held.length) ask("do", { do: "move", cells: held, to: Number(target.value) });
}, true);
main.addEventListener("click", (event) => {
  if (mode === "look" || !onMap(event)) return;
  event.stopPropagation();
  if (mode === "lasso" || mode === "exclude" || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5) return;
  step(cellAt(map.mouseEventToLatLng(event)));
}, true);
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key === "m" && mode !== "look") step(cellAt(map.getCenter()));
  if (event.key === "u") ask("do", { do: "undo" });
});

function cellsWithin(points) {
  const xs = points.map(({ lng }) => east(lng)), ys = points.map(({ lat }) => south(lat)), found = [];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let i = 0; i < cells.count; i++) {
    const { corners, x, y } = cells;
    let px = 0, py = 0, within = false;
    for (let k = 0; k < corners; k++) { px += x[i * corners + k] / corners; py += y[i * corners + k] / corners; }
    if (px < left || px > right || py < top || py > bottom) continue;
    for (let k = 0, j = xs.length - 1; k < xs.length; j = k++) {
      if (ys[k] > py !== ys[j] > py && px < ((xs[j] - xs[k]) * (py - ys[k])) / (ys[j] - ys[k]) + xs[k]) within = !within;
    }
    if (within) found.push(i);
  }
  return found;
}

// the page gives a sign of life, so that the server ends when nobody looks any more
const call = () => fetch("state").then((answer) => answer.json());
call().then((got) => { show_state(got); edit.dataset.ready = "yes"; });
setInterval(() => call().catch(() => { told.textContent = said.app_gone; }), 30000);
document.querySelector("input[name=layer][value=areas]").click();
