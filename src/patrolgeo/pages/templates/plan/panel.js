// switches, lists and the search
for (const input of document.querySelectorAll("input[name=layer]")) {
  const row = input.closest(".layer");
  row.classList.toggle("shown", input.checked);
  input.addEventListener("change", () => {
    document.querySelector(".layer.shown").classList.remove("shown");
    row.classList.add("shown");
    active = layers.find((layer) => layer.key === input.value);
    sheet.draw();
  });
}

for (const input of document.querySelectorAll("input[name=overlay]")) {
  const update = () => {
    input.closest(".overlay").classList.toggle("shown", input.checked);
    turn(input.value, input.checked);
  };
  input.addEventListener("change", update);
}
for (const input of document.querySelectorAll("input[name=sort]")) {
  const group = groups.find((one) => one.key === input.dataset.of), sort = Number(input.value);
  input.addEventListener("change", () => {
    if (input.checked) group.off.delete(sort); else group.off.add(sort);
    input.closest(".sub").classList.toggle("shown", input.checked);
    turn(group.key, group.shown);
    overlays[group.key].eachLayer((layer) => layer._map && layer.draw());
  });
}

function goTo(key, i) {
  if (key === "area") {
    map.fitBounds(data.areas.bounds[i], { padding: [30, 30], animate: false });
    openArea(i);
    return;
  }
  const group = groups.find((one) => one.key === key), box = document.querySelector(`input[name=overlay][value=${key}]`);
  if (!box.checked) box.click();
  const sort = document.querySelector(`input[name=sort][data-of=${key}][value="${group.sort[i]}"]`);
  if (sort && !sort.checked) sort.click();
  map.setView(group.at[i], Math.max(map.getZoom(), first + 2), { animate: false });
  openThing(group, i);
}

function goToCell(i) {
  const middle = cellMiddle(i);
  map.setView(middle, Math.max(map.getZoom(), first + 2), { animate: false });
  openCell(middle);
}

for (const link of document.querySelectorAll("button.go")) {
  link.addEventListener("click", () => {
    if (small.matches) main.scrollIntoView();
    goTo(link.dataset.to, Number(link.dataset.at));
  });
}

// everything that has a name: areas, things, and cells by the first signs of their id
const FOUND = 12;
const entries = data.areas ? data.areas.names.map((name, i) => ({ text: name, more: data.areas.more[i], kind: words.area, go: () => goTo("area", i) })) : [];
for (const group of groups) {
  group.names.forEach((name, i) => {
    if (name) entries.push({ text: name, more: group.numbered ? `${i + 1}` : "", kind: sortOf(group, i), go: () => goTo(group.key, i) });
  });
}

function find(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  // the whole name first, then names that begin so, then what holds it anywhere
  const rank = ({ text, kind, more }) => {
    const at = `${text} ${kind} ${more}`.toLowerCase().indexOf(wanted);
    return at > 0 ? 2 : at < 0 ? -1 : Number(text.toLowerCase() !== wanted);
  };
  const scored = entries.map((entry) => ({ entry, order: rank(entry) })).filter(({ order }) => order >= 0);
  const found = scored.sort((a, b) => a.order - b.order).slice(0, FOUND).map(({ entry }) => entry);
  return /^[0-9a-f]{6,15}$/.test(wanted) ? [...found, ...findCells(wanted)].slice(0, FOUND) : found;
}

function findCells(wanted) {
  const found = [];
  for (let i = 0; i < cells.count && found.length < FOUND; i++) {
    if (idOf(i).startsWith(wanted)) found.push({ text: idOf(i), kind: words.cell, go: () => goToCell(i) });
  }
  return found;
}

const search = document.getElementById("search"), list = document.getElementById("found");
let hits = [], marked = -1;

function showHits() {
  hits = find(search.value);
  marked = hits.length ? 0 : -1;
  list.replaceChildren(...hits.map((hit, k) => {
    const row = element("li", hit.text);
    Object.assign(row, { id: `hit${k}`, role: "option" });
    element("small", ` ${hit.kind}`, row);
    row.addEventListener("mousedown", (event) => { event.preventDefault(); take(k); });
    return row;
  }));
  if (!hits.length && search.value.trim()) element("li", words.nothing_found, list, "none");
  mark(marked);
}

function mark(k) {
  marked = k;
  [...list.children].forEach((row, n) => row.setAttribute("aria-selected", n === k));
  list.children[k]?.scrollIntoView({ block: "nearest" });
  search.setAttribute("aria-expanded", Boolean(list.children.length));
  if (k >= 0) search.setAttribute("aria-activedescendant", `hit${k}`); else search.removeAttribute("aria-activedescendant");
}

function take(k) {
  const hit = hits[k];
  search.value = "";
  showHits();
  hit.go();
}

search.addEventListener("input", showHits);
search.addEventListener("blur", () => { list.replaceChildren(); mark(-1); });
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && hits.length) mark((marked + 1) % hits.length);
  else if (event.key === "ArrowUp" && hits.length) mark((marked + hits.length - 1) % hits.length);
  else if (event.key === "Enter" && hits[marked]) take(marked);
  else if (event.key === "Escape") { search.value = ""; showHits(); }
  else return;
  event.preventDefault();
});
