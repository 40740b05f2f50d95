// what is known of a cell, an area, a thing: one card at a time
const nameOf = (group, i) => group.names[i] || group.sorts[group.sort[i]].title;
const titleOf = (group, i) => `${group.title}: ${nameOf(group, i)}`;

function table(rows, parent) {
  const body = element("table", "", parent);
  for (const [name, value] of rows) {
    const row = element("tr", "", body);
    element("td", name, row);
    const told = element("td", "", row);
    told.append(value);
  }
}

function openCard(latlng, title, rows, sort = "") {
  const box = element("div");
  element("h3", title, box);
  if (sort) element("p", sort, box);
  table(rows, box);
  L.popup({ maxWidth: 340, minWidth: 200, maxHeight: Math.max(160, map.getSize().y - 120) }).setLatLng(latlng).setContent(box).openOn(map);
}

function placeRows({ lat, lng }) {
  const told = (at) => at.map((degrees) => degrees.toFixed(5)).join(", ");
  return [[words.coordinates, told([lat, lng])], ...(inChina(lat, lng) ? [[words.coordinates_gcj02, told(gcj02(lat, lng))]] : [])];
}
const known = (heads, row) => heads.map((head, k) => [head, row[k]]).filter(([, value]) => value);

function openThing(group, i) {
  const latlng = L.latLng(group.at[i]);
  openCard(latlng, nameOf(group, i), [...known(group.heads, group.rows[i]), ...placeRows(latlng)], sortOf(group, i));
}

function sortOf(group, i) {
  const { title } = group.sorts[group.sort[i]], number = group.numbered ? ` ${i + 1}` : "";
  return title === group.title ? `${group.title}${number}` : `${group.title}${number} · ${title}`;
}

// a sign that counts several opens their list; one that has just made way for others opens its own card
function openMark(group, i) {
  const { members } = placed.get(`${group.key} ${i}`) ?? { members: [i] };
  if (members.length === 1) { openThing(group, i); return; }
  const rows = members.map((one) => [group.numbered ? String(one + 1) : group.sorts[group.sort[one]].title,
    button(nameOf(group, one), null, () => openThing(group, one))]);
  openCard(L.latLng(group.at[i]), `${group.title}: ${members.length}`, rows);
}

function openArea(i) {
  const { names, heads, rows, at } = data.areas;
  openCard(L.latLng(at[i]), names[i], known(heads, rows[i]), words.area);
}

function openCell(latlng) {
  const i = cellAt(latlng);
  if (i < 0) return;
  const told = layers.filter((layer) => layer.key !== "areas" && (!layer.steps || layer === active));
  const rows = told.every((layer) => layer.classes[i] === data.withheld) ? [["", words.withheld]]
    : told.map((layer) => [layer.title, valueText(layer, i)]);
  openCard(latlng, `${words.cell} ${idOf(i)}`, [...areaRows(i), ...rows, ...onTop(latlng), ...placeRows(latlng)]);
  chosen = i; // opening a card closes the one before it
  chosenSheet.draw();
}

function areaRows(i) {
  if (!data.areas) return [];
  const area = areaOf[i];
  if (area < 0) return [[words.area, words.no_area]];
  const spoken = known(data.areas.heads, data.areas.rows[area]).filter((_, k) => k < data.areas.spoken);
  return [[words.area, button(data.areas.names[area], null, () => openArea(area))], ...spoken];
}

// the outlines and lines of the shown layers that lie under a point
function onTop(latlng) {
  const px = east(latlng.lng), py = south(latlng.lat), near = 7 / (256 * 2 ** map.getZoom()), rows = [];
  for (const group of groups.filter((one) => one.paths && one.shown)) {
    const hit = group.shape === "lines" ? (thing) => passes(group.paths, thing, px, py, near) : (thing) => inside(group.paths, thing, px, py);
    group.at.forEach((_, thing) => {
      if (visible(group, thing) && hit(thing)) rows.push([group.title, button(nameOf(group, thing), null, () => openThing(group, thing))]);
    });
  }
  return rows;
}

function passes(paths, thing, px, py, near) {
  for (let part = 0; part < paths.sizes.length; part++) {
    const [a, b, c, d] = paths.boxes.subarray(4 * part, 4 * part + 4);
    if (paths.owner[part] !== thing || px < a - near || py < b - near || px > c + near || py > d + near) continue;
    for (let k = paths.starts[part] + 1; k < paths.starts[part] + paths.sizes[part]; k++) {
      const [x, y, dx, dy] = [paths.x[k - 1], paths.y[k - 1], paths.x[k] - paths.x[k - 1], paths.y[k] - paths.y[k - 1]];
      const t = Math.min(1, Math.max(0, ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy || 1)));
      if (Math.hypot(x + t * dx - px, y + t * dy - py) < near) return true;
    }
  }
  return false;
}

map.on("popupclose", () => {
  if (chosen < 0) return;
  chosen = -1;
  chosenSheet.draw();
});
map.on("popupopen", ({ popup }) => popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", words.close));
map.on("click", (event) => openCell(event.latlng));
// with the keyboard the cross in the middle takes the place of the pointer
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target === map.getContainer()) openCell(map.getCenter());
});
