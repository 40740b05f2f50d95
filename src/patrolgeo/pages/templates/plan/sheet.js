// a canvas a little larger than the window, drawn anew when the map has moved; on paper it is drawn finer
// many cells are drawn pixel for pixel, however fine the screen is: four times the pixels would be four times the work
const MANY = 20000;
const onScreen = [data.cells.rings.count > MANY ? 1 : window.devicePixelRatio || 1, devicePixelRatio > 1.4 ? 0.1 : 0.25, 3e6];
let [fineness, edge, most] = onScreen; // `most` pixels of small cells are coloured

// sheets that wait to be drawn anew, one a frame: until then they are shown as they were, moved and stretched
const stale = new Set();

function drawNext() {
  const [next] = stale;
  if (next) next.draw();
  if (stale.size) requestAnimationFrame(drawNext);
}

const Sheet = L.Layer.extend({
  initialize(pane, paint) { this.pane = pane; this.paint = paint; },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane(this.pane));
    this.canvas.style.pointerEvents = "none";
    this.draw();
  },
  onRemove() { this.canvas.remove(); stale.delete(this); },
  getEvents() { return { moveend: this.later, resize: this.draw, zoomanim: this.follow }; },
  later() {
    const map = this._map;
    L.DomUtil.setTransform(this.canvas, map.latLngToLayerPoint(this.northWest), map.getZoomScale(map.getZoom(), this.zoom));
    if (!stale.size) requestAnimationFrame(drawNext);
    stale.add(this);
  },
  draw() {
    stale.delete(this);
    const map = this._map, margin = map.getSize().multiplyBy(edge).round();
    const size = map.getSize().add(margin.multiplyBy(2)), corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    this.northWest = map.layerPointToLatLng(corner);
    this.zoom = map.getZoom();
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
      map.getZoomScale(event.zoom, this.zoom));
  },
});

// one path for all parts that look the same; `choose` says how a thing looks, null that it is not drawn
function tracePaths(paths, view, choose) {
  const traced = new Map(), { scale, left, top, width, height } = view, { boxes, starts, sizes, owner, x, y } = paths;
  for (let part = 0; part < sizes.length; part++) {
    const [a, b, c, d] = boxes.subarray(4 * part, 4 * part + 4), kind = choose(owner[part]);
    if (kind === null || c * scale < left || d * scale < top || a * scale > left + width || b * scale > top + height) continue;
    if (!traced.has(kind)) traced.set(kind, new Path2D());
    const path = traced.get(kind), start = starts[part], last = start + sizes[part] - 1;
    let [px, py] = [x[start] * scale - left, y[start] * scale - top];
    path.moveTo(px, py);
    for (let k = start + 1; k <= last; k++) {
      const qx = x[k] * scale - left, qy = y[k] * scale - top;
      if (k < last && Math.abs(qx - px) + Math.abs(qy - py) < 2) continue; // nobody sees it, and it costs as much
      path.lineTo(qx, qy);
      [px, py] = [qx, qy];
    }
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
