// what can lie on the cells: `overlays` by key as layers of the map, `groups` the things of each
const sheet = new Sheet("cells", paintCells).addTo(map);
const chosenSheet = new Sheet("borders", (context, view) => { if (chosen >= 0) outline(context, view, chosen); });
const overlays = {}, white = "rgba(255,255,255,.85)";
const roads = data.roads && { ...data.roads, paths: unpackPaths(data.roads.paths) };
const areaPaths = data.areas && unpackPaths(data.areas.paths);

// village roads wait until there is room for them
const minor = roads && roads.rank.length > 4000;
const roadWidth = (rank, zoom) => Math.max(0.4, (2.2 - 0.5 * rank) * Math.min(2.2, 2 ** ((zoom - 11) / 3)));
if (roads) {
  overlays.roads = new Sheet("lines", linePainter(roads.paths, {
    choose: (road, zoom) => minor && roads.rank[road] > 1 && zoom < 9 + roads.rank[road] * 1.25 ? null : roads.rank[road],
    strokes: (rank, zoom) => {
      const width = roadWidth(rank, zoom), core = [rank < 2 ? "#4a525c" : "rgba(74,82,92,.75)", width];
      return [rank < 2 || zoom > first + 2 ? [white, width + 2] : null, core];
    },
  }));
}
if (data.flows) {
  const { rank, widths, colour } = data.flows;
  overlays.flows = new Sheet("lines", linePainter(unpackPaths(data.flows.paths), {
    choose: (road) => rank[road],
    strokes: (kind, zoom) => [[white, widths[kind] + 1.2], [colour, widths[kind] * Math.min(1.6, Math.max(0.8, 2 ** ((zoom - 11) / 4)))]],
  }));
}
if (outer) new Sheet("borders", linePainter(outer, { strokes: () => [[white, 4.6], ["#15202b", 2.2]] })).addTo(map);
const borderStrokes = [[white, 4.6], ["#15202b", 2]];
const redrawn = new Set(); // areas that are no longer as the run drew them: another sheet draws their outlines
if (areaPaths) {
  const lines = new Sheet("borders", linePainter(areaPaths, { choose: (area) => redrawn.has(area) ? null : 0, strokes: () => borderStrokes }));
  overlays.borders = L.layerGroup([lines]);
}

const groups = data.overlays.map((group) => ({ ...group, shown: false, off: new Set(), paths: group.paths && unpackPaths(group.paths) }));
const visible = (group, i) => group.shown && !group.off.has(group.sort[i]);
for (const group of groups) {
  group.sorts.forEach((sort, k) => { if (!sort.shown) group.off.add(k); });
  overlays[group.key] = L.layerGroup();
  if (group.paths) new Sheet(group.shape === "lines" ? "lines" : "borders", groupPainter(group)).addTo(overlays[group.key]);
  if (group.dots) new Sheet("lines", dotPainter(group)).addTo(overlays[group.key]);
}

function groupPainter(group) {
  const { colour, width, dash, hatched } = group.line;
  return linePainter(group.paths, {
    choose: (thing) => visible(group, thing) ? group.sort[thing] : null,
    strokes: (sort) => [[white, width + 2], [group.sorts[sort].colour, width, dash]],
    hatch: hatched ? colour : "",
  });
}

function dotPainter(group) {
  return (context, { scale, left, top, zoom }) => {
    if (zoom < first + 0.5) return;
    Object.assign(context, { fillStyle: "#ffffff", strokeStyle: group.colour, lineWidth: 1.5 });
    for (const [lat, lon] of group.at) {
      context.beginPath();
      context.arc(east(lon) * scale - left, south(lat) * scale - top, 2.5, 0, 7);
      context.fill();
      context.stroke();
    }
  };
}

function turn(key, shown) {
  const group = groups.find((one) => one.key === key);
  if (group) group.shown = shown;
  if (shown) overlays[key].addTo(map); else overlays[key].remove();
  arrange();
}
