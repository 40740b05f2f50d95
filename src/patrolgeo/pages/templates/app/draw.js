// what was moved has a thick rim, what is locked a cross: both are seen without colour
const leftOut = L.layerGroup().addTo(map), postMarks = L.layerGroup().addTo(map), closedRoad = L.layerGroup().addTo(map);
const quiet = { color: "#15202b", interactive: false };

function showGround(rings) {
  leftOut.clearLayers();
  for (const ring of rings) L.polygon(ring.map(([lon, lat]) => [lat, lon]), { ...quiet, dashArray: "6 4", weight: 2, fillOpacity: 0.25, fillColor: "#15202b" }).addTo(leftOut);
}

// a new post is a ring with a dot, one that was taken away a ring that is struck through
function showPosts(posts) {
  postMarks.clearLayers();
  for (const id of posts?.new ?? []) {
    const middle = cellMiddle(atId.get(id));
    L.circleMarker(middle, { ...quiet, radius: 11, weight: 3, fillColor: "#ffffff", fillOpacity: 1 }).addTo(postMarks);
    L.circleMarker(middle, { ...quiet, radius: 4, fillOpacity: 1 }).addTo(postMarks);
  }
  for (const id of posts?.gone ?? []) {
    const middle = cellMiddle(atId.get(id)), { x, y } = map.project(middle, map.getZoom());
    L.circleMarker(middle, { ...quiet, radius: 14, weight: 3, fill: false }).addTo(postMarks);
    L.polyline([[x - 12, y + 12], [x + 12, y - 12]].map((at) => map.unproject(at, map.getZoom())), { ...quiet, weight: 3 }).addTo(postMarks);
  }
}
map.on("zoomend", () => state && showPosts(state.posts));

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

// two plans side by side: left of the curtain the plan as it was, or the other plan
let curtain = 0, otherTints = null;
const drape = element("div", "", main, "curtain");
drape.hidden = true;
const earlier = new Sheet("cells", (context, view) => {
  if (!curtain) return;
  const now = Uint8Array.from(tints.classes), shown = active;
  context.beginPath();
  context.rect(0, 0, view.margin.x + (map.getSize().x * curtain) / 100, view.height);
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
});
map.on("move", () => curtain && earlier.draw());

async function readOther() {
  other = await fetch("beside").then((answer) => answer.json());
  otherTints = Uint8Array.from(firstTints);
  const known = [...tintOf.values()];
  for (const [id, area] of Object.entries(other.cells)) otherTints[atId.get(id)] = tintOf.get(area - 1) ?? known[area % known.length];
}
