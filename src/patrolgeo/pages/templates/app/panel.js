// changing a plan: the page asks, the local server answers with what is where, how balanced it is, and what is proved
const started = Int16Array.from(areaOf), atId = new Map();
for (let i = 0; i < cells.count; i++) atId.set(idOf(i), i);
const tints = layers.find((layer) => layer.key === "areas"), firstTints = Uint8Array.from(tints.classes);
const tintOf = new Map();
started.forEach((area, i) => { if (area >= 0 && !tintOf.has(area)) tintOf.set(area, firstTints[i]); });
let state = null, mode = "look", other = null, waiting = Promise.resolve();
const locked = new Set(), moved = new Set();
const MODES = ["look", "move", "lasso", "lock", "exclude", ...(start.posts ? ["post"] : []), ...(start.roads ? ["road"] : [])];
const WORDS = { move: start.villages ? "app_move_village" : "app_move", lasso: start.villages ? "app_lasso_village" : "app_lasso" };

const edit = element("section");
edit.id = "edit";
document.querySelector("aside").prepend(edit);
element("h2", said.app_title, edit);
const tools = element("div", "", edit, "tools");
for (const kind of MODES) {
  const label = element("label", "", tools), input = element("input", "", label);
  Object.assign(input, { type: "radio", name: "mode", value: kind, checked: kind === mode });
  element("span", said[WORDS[kind] ?? `app_${kind}`], label);
  input.addEventListener("change", () => setMode(kind));
}
const rowOf = (text, control) => {
  const row = element("div", "", edit, "row");
  row.append(element("label", text), control);
  control.setAttribute("aria-label", text);
  return row;
};
const target = element("select"), range = element("input"), hint = element("p", "", edit, "hint");
rowOf(said.app_to, target);
data.areas.names.forEach((name, i) => { element("option", name, target).value = i + 1; });
const row = element("div", "", edit, "row"), told = element("output", "", edit);
told.setAttribute("aria-live", "polite");
const press = (key, act) => button(said[key], row, act, "");
const undo = press("app_undo", () => ask("do", { do: "undo" }));
press("app_save", () => ask("save", {}));
press("app_close", () => ask("close", {}).then(() => { told.textContent = said.app_closed; }));
Object.assign(range, { type: "range", min: 0, max: 100, value: 0 });
rowOf(start.beside ? fill(said.app_compare_other, { name: start.beside }) : said.app_compare, range);
const draft = element("p", "", edit, "bad"), sums = element("p", "", edit, "sums"), besides = element("div", "", edit, "wide");
const wide = element("div", "", edit, "wide"), balance = element("table", "", wide);

// asking: one step after the other, in the order of the clicks
function ask(what, step) {
  waiting = waiting.then(async () => {
    const begun = performance.now();
    try {
      const answer = await fetch(what, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(step) });
      const got = await answer.json();
      if (got.error) { told.textContent = got.error; return; }
      if (got.saved) { told.textContent = fill(said.app_saved, { name: got.saved }); return; }
      if (got.closed) { showClosed(got.closed); return; }
      showState(got);
      told.textContent = "";
      edit.dataset.milliseconds = Math.round(performance.now() - begun);
    } catch { told.textContent = said.app_gone; }
  });
  return waiting;
}

let shownMoves = "{}";

// cells and outlines are painted anew only where a step has moved something
function showMoves(moves) {
  const told = JSON.stringify(moves);
  if (told === shownMoves) return;
  shownMoves = told;
  areaOf.set(started);
  tints.classes.set(firstTints);
  moved.clear();
  for (const [id, area] of Object.entries(moves)) {
    const i = atId.get(id);
    areaOf[i] = area - 1;
    tints.classes[i] = tintOf.get(area - 1);
    moved.add(i);
  }
  if (active === tints) sheet.draw();
  showBorders();
}

function showState(got) {
  state = got;
  showMoves(got.moved);
  locked.clear();
  for (const id of got.locked) locked.add(atId.get(id));
  undo.disabled = !got.steps;
  edit.dataset.steps = got.steps;
  const known = { moved: got.n_moved, heaviest: got.heaviest.toFixed(3), minutes: got.minutes.toFixed(1), gap: (100 * got.gap).toFixed(1) };
  draft.textContent = got.steps ? said.app_draft : "";
  sums.textContent = fill(start.villages ? said.app_sums_village : said.app_sums, known);
  if (got.posts) sums.textContent += ` ${postsText(got.posts)}`;
  const before = (now, was, digits) => pair(was.toFixed(digits), now.toFixed(digits));
  fillTable(balance, ["app_area", "app_work", "app_minutes", "app_worst", "app_pieces"], got.areas.map((one) => [
    one.name, before(one.over_mean, one.over_mean_before, 3), before(one.mean, one.mean_before, 1), one.worst.toFixed(0), one.pieces,
  ]));
  got.areas.forEach((one, i) => balance.tBodies[0].rows[i].cells[4].classList.toggle("bad", one.pieces > 1));
  closedLine = [];
  besides.replaceChildren();
  if (other) showOther();
  markedCells.draw();
  drawn.draw();
}

const pair = (was, now) => was === now ? now : `${was} → ${now}`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

function postsText({ cells, share, share_before, within }) {
  return fill(said.app_reach, { n: cells.length, minutes: within, share: pair(percent(share_before), percent(share)) });
}

function fillTable(made, heads, rows) {
  made.replaceChildren();
  const head = element("tr", "", element("thead", "", made)), body = element("tbody", "", made);
  for (const key of heads) element("th", said[key], head);
  for (const values of rows) {
    const line = element("tr", "", body);
    for (const value of values) element("td", String(value), line);
  }
}

// what a closed road would cost: it is told, and kept nowhere
function showClosed({ name, line, mean, areas, links }) {
  closedLine = line;
  drawn.draw();
  besides.replaceChildren();
  const minutes = ([was, now], digits) => pair(was.toFixed(digits), now.toFixed(digits));
  element("h3", fill(said.app_closed_road, { name: name || said.app_a_road, minutes: minutes(mean, 2) }), besides);
  if (links > 0) element("p", said.app_cut_off, besides, "bad");
  const changed = areas.filter((one) => minutes(one.mean, 2).includes("→") || minutes(one.worst, 0).includes("→"));
  if (changed.length) fillTable(element("table", "", besides), ["app_area", "app_minutes", "app_worst"], changed.map((one) => [one.name, minutes(one.mean, 2), minutes(one.worst, 0)]));
  else element("p", said.app_no_difference, besides);
}

// another plan, measured with the work and the ways of this one
function showOther() {
  besides.replaceChildren();
  element("h3", fill(said.app_other, { name: start.beside, heaviest: other.heaviest.toFixed(3), minutes: other.minutes.toFixed(1) }), besides);
  fillTable(element("table", "", besides), ["app_area", "app_work", "app_minutes", "app_worst", "app_pieces"], other.areas.map((one) => [
    one.name, one.over_mean.toFixed(3), one.mean.toFixed(1), one.worst.toFixed(0), one.pieces]));
}
