// on paper: one sheet A3, the map drawn anew for it, fine enough for print; the lists are cut to what fits, and say so
let before = null;

// browsers print a canvas that was just drawn with a white ground, so that on paper all lie on one
const onOne = new Sheet("cells", (context, view) => {
  const sheets = [];
  map.eachLayer((layer) => { if (layer instanceof Sheet && layer !== onOne) sheets.push(layer); });
  const level = (layer) => Number(map.getPane(layer.pane).style.zIndex);
  for (const layer of sheets.sort((a, b) => level(a) - level(b))) {
    context.save();
    layer.paint(context, view);
    context.restore();
  }
});

function toPaper() {
  if (before) return;
  before = { center: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
  document.body.classList.remove("full");
  document.body.classList.add("paper");
  [fineness, edge, most] = [2, 0, Infinity];
  map.closePopup();
  for (const list of document.querySelectorAll(".list:not([open])")) { list.open = true; list.dataset.closed = ""; }
  map.options.zoomSnap = 0;
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(before.zoom <= first ? bounds : before.bounds, { animate: false, padding: before.zoom <= first ? [10, 10] : [0, 0] });
  arrange();
  onOne.addTo(map).canvas.classList.add("whole");
  cutLists();
}

function fromPaper() {
  if (!before) return;
  document.body.classList.remove("paper");
  onOne.remove();
  for (const row of document.querySelectorAll("tr.cut")) row.classList.remove("cut");
  for (const line of document.querySelectorAll(".more")) line.remove();
  for (const list of document.querySelectorAll(".list[data-closed]")) { list.open = false; delete list.dataset.closed; }
  map.options.zoomSnap = 0.25;
  [fineness, edge, most] = onScreen;
  map.invalidateSize({ animate: false, pan: false });
  map.setView(before.center, before.zoom, { animate: false });
  before = null;
  arrange();
}

function cutLists() {
  const aside = document.querySelector("aside"), tables = [...aside.querySelectorAll(".list tbody")];
  const kept = (body) => [...body.rows].filter((row) => !row.classList.contains("cut"));
  const notes = tables.map((body) => element("small", "", body.closest(".list").querySelector("summary"), "more"));
  for (let k = 0; k < 500 && aside.scrollWidth > aside.clientWidth + 1; k++) {
    const longest = tables.reduce((a, b) => (kept(a).length >= kept(b).length ? a : b));
    kept(longest).slice(-2).forEach((row) => row.classList.add("cut"));
    tables.forEach((body, n) => {
      const cut = body.rows.length - kept(body).length;
      notes[n].textContent = cut ? ` · ${fill(words.more_in_page, { n: cut })}` : "";
    });
  }
}

addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);
