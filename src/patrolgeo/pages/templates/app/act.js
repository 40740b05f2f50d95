// what a click, a stroke and a key do
let lasso = null, pressed = null;
const strokes = () => mode === "lasso" || mode === "exclude";

function setMode(kind) {
  mode = kind;
  hint.textContent = said[`app_hint_${kind}`] ?? "";
  document.body.classList.toggle("drawing", kind !== "look");
  if (strokes()) map.dragging.disable(); else map.dragging.enable();
  map.closePopup();
}

function step(latlng) {
  const i = cellAt(latlng);
  if (mode === "road") ask("ask", { at: [latlng.lng, latlng.lat] });
  else if (i < 0) told.textContent = said.app_no_cell;
  else if (mode === "post") ask("do", { do: "post", cell: postNear(latlng) ?? idOf(i) });
  else if (mode === "lock") ask("do", { do: locked.has(i) ? "unlock" : "lock", cells: [idOf(i)] });
  else if (mode === "move") ask("do", { do: "move", cells: [idOf(i)], to: Number(target.value) });
}

// the post whose sign lies under the pointer, though its cell is small
function postNear(latlng) {
  const at = map.latLngToContainerPoint(latlng), away = (id) => map.latLngToContainerPoint(cellMiddle(atId.get(id))).distanceTo(at);
  const near = state.posts.cells.filter((id) => away(id) < 12).sort((a, b) => away(a) - away(b));
  return near[0];
}

const onMap = (event) => event.target.closest("#map") && !event.target.closest(".leaflet-control, .leaflet-popup");
main.addEventListener("pointerdown", (event) => {
  pressed = [event.clientX, event.clientY];
  if (!onMap(event) || !strokes() || event.button) return;
  lasso = { points: [map.mouseEventToLatLng(event)], drawn: L.polyline([], { ...quiet, dashArray: "4 4", weight: 2 }).addTo(map) };
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
  if (!pressed || strokes() || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5) return;
  step(map.mouseEventToLatLng(event));
}, true);
map.getContainer().addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "m" && mode !== "look") step(map.getCenter());
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
(async () => {
  if (start.beside) await readOther();
  showState(await call());
  if (start.unread.length) told.textContent = fill(said.app_unread, { lines: start.unread.join(", ") });
  edit.dataset.ready = "yes";
})();
setInterval(() => call().catch(() => { told.textContent = said.app_gone; }), 30000);
document.querySelector("input[name=layer][value=areas]").click();
