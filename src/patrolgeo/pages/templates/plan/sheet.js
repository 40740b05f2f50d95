// a canvas a little larger than the window, drawn anew when the map has moved; on paper it is drawn finer
let fineness = window.devicePixelRatio || 1, edge = 0.25;

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
    const map = this._map, margin = map.getSize().multiplyBy(edge).round();
    const size = map.getSize().add(margin.multiplyBy(2)), corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    this.northWest = map.layerPointToLatLng(corner);
    L.DomUtil.setTransform(this.canvas, corner, 1);
    Object.assign(this.canvas, { width: size.x * fineness, height: size.y * fineness });
    Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    const context = this.canvas.getContext("2d"), origin = map.getPixelOrigin().add(corner);
    context.scale(fineness, fineness);
    this.paint(context, { scale: 256 * 2 ** map.getZoom(), zoom: map.getZoom(), left: origin.x, top: origin.y,
      width: size.x, height: size.y, margin });
  },
  follow(event) {
    const map = this._map;
    L.DomUtil.setTransform(this.canvas, map._latLngToNewLayerPoint(this.northWest, event.zoom, event.center),
      map.getZoomScale(event.zoom));
  },
});

// one path for all parts that look the same; `choose` says how a thing looks, null that it is not drawn
function tracePaths(paths, view, choose) {
  const traced = new Map(), { scale, left, top, width, height } = view, { boxes, starts, sizes, owner, x, y } = paths;
  for (let part = 0; part < sizes.length; part++) {
    const [a, b, c, d] = boxes.subarray(4 * part, 4 * part + 4), kind = choose(owner[part]);
    if (kind === null || c * scale < left || d * scale < top || a * scale > left + width || b * scale > top + height) continue;
    if (!traced.has(kind)) traced.set(kind, new Path2D());
    const path = traced.get(kind), start = starts[part];
    path.moveTo(x[start] * scale - left, y[start] * scale - top);
    for (let k = start + 1; k < start + sizes[part]; k++) path.lineTo(x[k] * scale - left, y[k] * scale - top);
  }
  return traced;
}

// `strokes(kind, zoom)` are colours, widths and dashes, the lowest first
function linePainter(paths, { choose = () => 0, strokes, hatch = "" }) {
  return (context, view) => {
    context.lineJoin = context.lineCap = "round";
    const traced = [...tracePaths(paths, view, (thing) => choose(thing, view.zoom))].sort(([a], [b]) => b - a);
    for (let level = 0; level < 2; level++) {
      for (const [kind, path] of traced) {
        if (hatch && !level) {
          context.fillStyle = hatching(context, hatch);
          context.fill(path, "evenodd");
        }
        const stroke = strokes(kind, view.zoom)[level];
        if (!stroke) continue;
        const [colour, width, dash = []] = stroke;
        Object.assign(context, { strokeStyle: colour, lineWidth: width });
        context.setLineDash(dash);
        context.stroke(path);
      }
    }
  };
}

// lines that can be told from colour on a grey print; they rise to the right, or fall
function hatching(context, colour, falling = false) {
  const tile = document.createElement("canvas"), size = 6 * fineness;
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  Object.assign(pen, { strokeStyle: colour, lineWidth: fineness });
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, falling ? 0 : size);
    pen.lineTo(shift + size, falling ? size : 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / fineness));
  return pattern;
}
