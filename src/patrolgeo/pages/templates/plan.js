"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const fill = (text, values) => text.replace(/\{(\w+)[^}]*\}/g, (_, key) => values[key]);
  const show = (v) => v === 0 ? "0" : Math.abs(v) >= 100 ? Math.round(v).toLocaleString("en")
    : Math.abs(v) >= 1e-4 ? String(Number(v.toPrecision(3))) : v.toExponential(1);
  const element = (tag, text = "", parent = null) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };

  // Web Mercator on the unit square: one multiplication away from pixels at every zoom
  const east = (lon) => lon / 360 + 0.5;
  const south = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

  function unpackRings(packed) {
    const { count, corners, low, unit, mean, step } = packed;
    const first = new Int32Array(bytes(packed.first)), apart = new (packed.wide ? Int16Array : Int8Array)(bytes(packed.apart));
    const x = new Float64Array(count * corners), y = new Float64Array(count * corners);
    let reach = 0; // no point of a cell is farther from its first corner than this
    for (let i = 0, r = 0; i < count; i++) {
      const lon = low[0] + first[2 * i] * unit, lat = low[1] + first[2 * i + 1] * unit, at = i * corners;
      x[at] = east(lon);
      y[at] = south(lat);
      for (let k = 1; k < corners; k++) {
        x[at + k] = east(lon + mean[k - 1][0] + apart[r++] * step);
        y[at + k] = south(lat + mean[k - 1][1] + apart[r++] * step);
        reach = Math.max(reach, Math.abs(x[at + k] - x[at]), Math.abs(y[at + k] - y[at]));
      }
    }
    return { count, corners, x, y, reach };
  }

  function unpackIds({ base, unused, wide, rest }) {
    const more = new (wide ? BigUint64Array : Uint32Array)(bytes(rest)), shift = BigInt(unused);
    return (i) => (((BigInt(base) + BigInt(more[i])) << shift) | ((1n << shift) - 1n)).toString(16);
  }

  function unpackPaths(packed) {
    const owner = new Int32Array(bytes(packed.owner)), sizes = new Int32Array(bytes(packed.sizes));
    const xy = new Int32Array(bytes(packed.xy));
    const x = Float64Array.from({ length: xy.length / 2 }, (_, i) => east(packed.origin[0] + xy[2 * i] * packed.unit));
    const y = Float64Array.from({ length: xy.length / 2 }, (_, i) => south(packed.origin[1] + xy[2 * i + 1] * packed.unit));
    return { owner, sizes, x, y };
  }

  // a canvas a little larger than the window, drawn anew when the map has moved
  const Sheet = L.Layer.extend({
    initialize(pane, paint) { this.pane = pane; this.paint = paint; },
    onAdd(map) {
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane(this.pane));
      this.canvas.style.pointerEvents = "none";
      this.draw();
    },
    onRemove() { this.canvas.remove(); },
    getEvents() { return { moveend: this.draw, resize: this.draw, zoomanim: this.follow }; },
    draw() {
      const map = this._map, margin = map.getSize().multiplyBy(0.25).round(), ratio = window.devicePixelRatio || 1;
      const size = map.getSize().add(margin.multiplyBy(2)), corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
      this.northWest = map.layerPointToLatLng(corner);
      L.DomUtil.setTransform(this.canvas, corner, 1);
      Object.assign(this.canvas, { width: size.x * ratio, height: size.y * ratio });
      Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
      const context = this.canvas.getContext("2d"), origin = map.getPixelOrigin().add(corner);
      context.scale(ratio, ratio);
      this.paint(context, { scale: 256 * 2 ** map.getZoom(), left: origin.x, top: origin.y, width: size.x, height: size.y });
    },
    follow(event) {
      const map = this._map;
      L.DomUtil.setTransform(this.canvas, map._latLngToNewLayerPoint(this.northWest, event.zoom, event.center),
        map.getZoomScale(event.zoom));
    },
  });

  const cells = unpackRings(data.cells.rings);
  const areaOf = new Int16Array(bytes(data.cells.area));
  const idOf = unpackIds(data.cells.ids);
  const layers = data.layers.map((layer) => ({
    ...layer, classes: new Uint8Array(bytes(layer.classes)), values: new Float32Array(bytes(layer.values)),
    interval: layer.interval.map((text) => new Float32Array(bytes(text))),
  }));
  let active = layers[0], chosen = -1;

  // one path for many cells is quick to fill, one for all of them is not
  const TOGETHER = 20;

  function paintCells(context, view) {
    const { corners, x, y, count } = cells, { scale, left, top, width, height } = view;
    const wide = 3 < corners ? Math.hypot(x[3] - x[0], y[3] - y[0]) * scale : 0, edge = wide > 14, waiting = new Map();
    context.lineWidth = edge ? 0.8 : 0.5;
    const flush = (kind, { path }) => {
      const colour = active.colours[kind] ?? data.plain[kind];
      context.fillStyle = colour;
      context.fill(path);
      context.strokeStyle = edge ? "rgba(255,255,255,.75)" : colour;
      context.stroke(path);
      waiting.delete(kind);
    };
    for (let i = 0; i < count; i++) {
      const at = i * corners, px = x[at] * scale - left, py = y[at] * scale - top;
      if (px < -wide || py < -wide || px > width + wide || py > height + wide) continue;
      const kind = active.classes[i];
      if (!waiting.has(kind)) waiting.set(kind, { path: new Path2D(), size: 0 });
      const bundle = waiting.get(kind);
      bundle.path.moveTo(px, py);
      for (let k = 1; k < corners; k++) bundle.path.lineTo(x[at + k] * scale - left, y[at + k] * scale - top);
      bundle.path.closePath();
      if (++bundle.size === TOGETHER) flush(kind, bundle);
    }
    for (const [kind, bundle] of [...waiting]) flush(kind, bundle);
    if (chosen >= 0) outline(context, view, chosen);
  }

  function outline(context, view, i) {
    const { corners, x, y } = cells;
    context.beginPath();
    for (let at = i * corners; at < (i + 1) * corners; at++) context.lineTo(x[at] * view.scale - view.left, y[at] * view.scale - view.top);
    context.closePath();
    context.strokeStyle = "#0b4f86";
    context.lineWidth = 3;
    context.stroke();
  }

  function tracePaths(paths, view, choose) {
    const traced = new Map();
    for (let part = 0, at = 0; part < paths.sizes.length; at += paths.sizes[part++]) {
      const kind = choose(paths.owner[part]);
      if (!traced.has(kind)) traced.set(kind, new Path2D());
      for (let k = 0; k < paths.sizes[part]; k++) {
        const px = paths.x[at + k] * view.scale - view.left, py = paths.y[at + k] * view.scale - view.top;
        if (k) traced.get(kind).lineTo(px, py); else traced.get(kind).moveTo(px, py);
      }
    }
    return traced;
  }

  function linePainter(packed, style) {
    const paths = unpackPaths(packed);
    return (context, view) => {
      context.lineJoin = context.lineCap = "round";
      for (const [kind, path] of tracePaths(paths, view, style.choose ?? (() => 0))) {
        for (const [colour, width] of style.strokes(kind, Math.log2(view.scale / 256))) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.stroke(path);
        }
      }
    };
  }

  // ---- the map
  const bounds = L.latLngBounds(["low", "high"].map((end) => [...data.cells.rings[end]].reverse()));
  const map = L.map("map", { zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 90, preferCanvas: true, maxZoom: 18 });
  map.attributionControl.setPrefix(false).addAttribution(data.attribution);
  for (const [pane, level] of [["cells", 310], ["roads", 330], ["borders", 350]]) map.createPane(pane).style.zIndex = level;
  map.fitBounds(bounds, { padding: [12, 12] });
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);

  const north = L.control({ position: "topright" });
  north.onAdd = () => {
    const box = element("div");
    box.className = "north";
    box.innerHTML = '<svg width="16" height="20" aria-hidden="true"><path d="M8 0 15 20 8 15 1 20z" fill="#1d2733"/></svg>';
    element("span", words.north, box);
    return box;
  };
  north.addTo(map);
  const home = L.control({ position: "topleft" });
  home.onAdd = () => {
    const box = L.DomUtil.create("div", "leaflet-bar"), link = element("a", "⌂", box);
    Object.assign(link, { href: "#", title: words.whole, role: "button" });
    L.DomEvent.on(link, "click", (event) => { L.DomEvent.stop(event); map.fitBounds(bounds, { padding: [12, 12] }); });
    return box;
  };
  home.addTo(map);

  const signs = Math.max(...0, ...data.overlays.map((group) => group.numbered ? group.at.length : 0)), first = map.getZoom();
  const crowd = () => map.getContainer().classList.toggle("crowded", signs > 25 && map.getZoom() < first + 1);
  map.on("zoomend", crowd);
  crowd();

  const sheet = new Sheet("cells", paintCells).addTo(map);
  const overlays = {};
  if (data.roads) {
    overlays.roads = new Sheet("roads", linePainter(data.roads.paths, {
      choose: (owner) => data.roads.rank[owner],
      strokes: (rank, zoom) => [["rgba(70,78,88,.8)", Math.max(0.3, (2 - 0.45 * rank) * Math.min(2, 2 ** ((zoom - 11) / 3)))]],
    }));
  }
  if (data.flows) {
    overlays.flows = new Sheet("roads", linePainter(data.flows.paths, {
      choose: (owner) => data.flows.rank[owner],
      strokes: (rank, zoom) => [["rgba(255,255,255,.7)", data.flows.widths[rank] + 1.2],
        [data.flows.colour, data.flows.widths[rank] * Math.min(1.6, Math.max(0.8, 2 ** ((zoom - 11) / 4)))]],
    }));
  }
  if (data.boundary) overlays.boundary = new Sheet("borders", linePainter(data.boundary, { strokes: () => [["#1d2733", 1.4]] }));
  if (data.areas) {
    const lines = new Sheet("borders", linePainter(data.areas.paths, { strokes: () => [["rgba(255,255,255,.9)", 4.6], ["#15202b", 2]] }));
    const chips = data.areas.names.map((name, i) => {
      const chip = element("span", name);
      chip.className = "chip";
      chip.style.setProperty("--tint", data.areas.tints[i]);
      return L.marker(data.areas.at[i], { icon: L.divIcon({ className: "", iconSize: [0, 0], html: chip }), interactive: false, keyboard: false });
    });
    overlays.borders = L.layerGroup([lines, ...chips]);
    overlays.borders.on("add", () => thin(chips));
    map.on("zoomend", () => thin(chips));
  }

  // of names that would lie on each other the first is shown
  function thin(chips) {
    const taken = [];
    for (const chip of chips) {
      const sign = chip.getElement()?.firstChild;
      if (!sign) return;
      const { x, y } = map.latLngToLayerPoint(chip.getLatLng()), width = sign.offsetWidth + 2, height = sign.offsetHeight + 2;
      const free = taken.every((t) => Math.abs(t.x - x) > (t.width + width) / 2 || Math.abs(t.y - y) > height);
      sign.style.visibility = free ? "" : "hidden";
      if (free) taken.push({ x, y, width });
    }
  }

  function table(rows, parent) {
    const body = element("table", "", parent);
    for (const [name, value] of rows) {
      const row = element("tr", "", body);
      element("td", name, row);
      element("td", value, row);
    }
  }

  function card(title, rows) {
    const box = element("div");
    element("h3", title, box);
    table(rows, box);
    return box;
  }

  function marker(group, at, i) {
    const sort = group.sorts[group.sort[i]];
    if (!group.numbered) return L.circleMarker(at, { color: "#fff", weight: 1.5, fillOpacity: 1, radius: 5, fillColor: sort.colour });
    const sign = element("span", String(i + 1));
    sign.className = "sign";
    sign.style.background = sort.colour;
    return L.marker(at, { icon: L.divIcon({ className: "", iconSize: [0, 0], html: sign }), alt: group.names[i], zIndexOffset: 1000 });
  }

  function pointCard(group, i) {
    return card(nameOf(group, i), group.heads.map((head, k) => [head, group.rows[i][k]]).filter(([, value]) => value));
  }
  const nameOf = (group, i) => group.names[i] || group.sorts[group.sort[i]].title;

  const markers = {};
  for (const group of data.overlays) {
    // thousands of points are made when somebody asks for them
    const layer = overlays[group.key] = L.layerGroup();
    if (group.paths) new Sheet("borders", linePainter(group.paths, { strokes: () => [[group.line.colour, group.line.width]] })).addTo(layer);
    if (group.paths && !group.numbered) continue;
    layer.once("add", () => {
      markers[group.key] = group.at.map((at, i) => marker(group, at, i)
        .bindPopup(() => pointCard(group, i)).bindTooltip(() => element("span", nameOf(group, i))).addTo(layer));
    });
  }

  // ---- a click on a cell
  function cellAt(latlng) {
    const px = east(latlng.lng), py = south(latlng.lat), { x, y, corners, count } = cells;
    for (let i = 0; i < count; i++) {
      const at = i * corners;
      if (Math.abs(x[at] - px) > cells.reach || Math.abs(y[at] - py) > cells.reach) continue;
      let inside = false;
      for (let k = 0, j = corners - 1; k < corners; j = k++) {
        const [xk, yk, xj, yj] = [x[at + k], y[at + k], x[at + j], y[at + j]];
        if (yk > py !== yj > py && px < ((xj - xk) * (py - yk)) / (yj - yk) + xk) inside = !inside;
      }
      if (inside) return i;
    }
    return -1;
  }

  function valueText(layer, i) {
    if (layer.classes[i] === data.withheld) return words.withheld;
    if (layer.classes[i] === data.unscored) return words.unscored;
    if (layer.values[i] in layer.said) return layer.said[layer.values[i]];
    const [value, low, high, chance] = [layer.values, ...layer.interval].map((values) => show(values[i]));
    if (low === undefined) return value;
    if (!layer.a_year) return fill(words.interval, { value, low, high });
    const known = { value, low, high, a_year: show(layer.values[i] * layer.a_year), chance };
    return fill(chance === undefined ? words.rate : words.rate_chance, known);
  }

  map.on("popupclose", () => { chosen = -1; sheet.draw(); });
  map.on("click", (event) => {
    const i = cellAt(event.latlng);
    if (i < 0) return;
    chosen = i;
    sheet.draw();
    const area = data.areas && (areaOf[i] < 0 ? words.no_area : data.areas.names[areaOf[i]]);
    const shown = layers.filter((layer) => layer.key !== "areas");
    const rows = shown.every((layer) => layer.classes[i] === data.withheld) ? [["", words.withheld]]
      : shown.map((layer) => [layer.title, valueText(layer, i)]);
    if (area) rows.unshift([words.area, area], ...(data.areas.cards[areaOf[i]] ?? []));
    L.popup({ maxWidth: 340 }).setLatLng(event.latlng).setContent(card(`${words.cell} ${idOf(i)}`, rows)).openOn(map);
  });

  // ---- the panel
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
    const update = () => input.checked ? overlays[input.value].addTo(map) : overlays[input.value].remove();
    input.addEventListener("change", update);
    update();
  }
  for (const button of document.querySelectorAll("button.go")) {
    const { to, at } = button.dataset;
    button.addEventListener("click", () => {
      if (to === "area") { map.fitBounds(data.areas.bounds[at], { padding: [30, 30] }); return; }
      const box = document.querySelector(`input[name=overlay][value=${to}]`);
      if (!box.checked) box.click();
      const marker = markers[to][at];
      map.setView(marker.getLatLng(), Math.max(map.getZoom(), 13));
      marker.openPopup();
    });
  }
  // on paper the map keeps its size, as a canvas cannot be drawn anew for it
  const measure = () => {
    const { x, y } = map.getSize();
    for (const [name, value] of [["--across", x], ["--down", y]]) document.body.style.setProperty(name, `${value}px`);
  };
  map.on("resize", measure);
  measure();
  document.documentElement.dataset.drawn = cells.count;
})();
