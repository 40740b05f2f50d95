// the map itself, its panes and controls
const bounds = L.latLngBounds(["low", "high"].map((end) => [...data.cells.rings[end]].reverse()));
const small = matchMedia("(max-width: 760px)"), touched = matchMedia("(pointer: coarse)");
const main = document.querySelector("main");
// on a phone one finger moves the page and two the map, until the map has the whole screen
const map = L.map("map", { zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 90, preferCanvas: true, maxZoom: 18,
  zoomControl: false, dragging: !(small.matches && touched.matches) });
map.attributionControl.setPrefix(false).addAttribution(data.attribution);
for (const [pane, level] of [["cells", 310], ["lines", 330], ["borders", 350], ["leaders", 590], ["marks", 600]]) {
  map.createPane(pane).style.zIndex = level;
}
const marksPane = map.getPane("marks"), leadersPane = map.getPane("leaders");
marksPane.classList.add("leaflet-zoom-hide");
leadersPane.classList.add("leaflet-zoom-hide");
const goHome = () => map.fitBounds(bounds, { padding: [14, 14], animate: false });
goHome();
const first = map.getZoom();

L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
const Scale = L.Control.Scale.extend({
  _updateMetric(most) {
    const metres = this._getRoundNum(most);
    const label = metres < 1000 ? `${metres} ${words.metres}` : `${metres / 1000} ${words.kilometres}`;
    this._updateScale(this._mScale, label, metres / most);
  },
  _updateScale(scale, text, share) {
    scale.style.width = `${Math.round(this.options.maxWidth * share)}px`;
    scale.textContent = text; // Leaflet would take words for HTML
  },
});
new Scale({ imperial: false, maxWidth: 160 }).addTo(map);

const north = L.control({ position: "topright" });
north.onAdd = () => {
  const box = element("div", "", null, "north");
  box.innerHTML = '<svg width="16" height="20" aria-hidden="true"><path d="M8 0 15 20 8 15 1 20z" fill="#1d2733"/></svg>';
  element("span", words.north, box);
  return box;
};
north.addTo(map);

function tool(path, title, act) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const box = L.DomUtil.create("div", "leaflet-bar"), made = element("a", "", box, "tool");
    made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
    Object.assign(made, { href: "#", title, role: "button" });
    made.setAttribute("aria-label", title);
    L.DomEvent.on(made, "click", (event) => { L.DomEvent.stop(event); act(); });
    return box;
  };
  control.addTo(map);
}
tool("M3 11 12 3l9 8v10h-6v-6H9v6H3z", words.whole, goHome);
tool("M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", words.full_screen, () => {
  const full = document.body.classList.toggle("full");
  if (full || !(small.matches && touched.matches)) map.dragging.enable(); else map.dragging.disable();
  map.invalidateSize({ animate: false });
});
tool("M12 1v6M12 17v6M1 12h6M17 12h6M12 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12z", words.where_am_i, () => map.locate({ enableHighAccuracy: true, timeout: 15000 }));
tool("M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7z", words.print, () => window.print());

const here = L.layerGroup().addTo(map);
map.on("locationfound", ({ latlng, accuracy }) => {
  here.clearLayers();
  L.circle(latlng, { radius: accuracy, color: "#0b4f86", weight: 1, fillOpacity: 0.12, interactive: false }).addTo(here);
  L.circleMarker(latlng, { radius: 7, color: "#ffffff", weight: 3, fillColor: "#0b4f86", fillOpacity: 1, interactive: false }).addTo(here);
  map.setView(latlng, Math.max(map.getZoom(), first + 2), { animate: false });
  tell(bounds.contains(latlng) ? words.you_are_here : words.you_are_outside);
  if (cellAt(latlng) >= 0) openCell(latlng);
});
map.on("locationerror", () => tell(words.no_location));

// a line below the map that a screen reader reads out
function tell(text) { document.getElementById("told").textContent = text; }
