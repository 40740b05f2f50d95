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
