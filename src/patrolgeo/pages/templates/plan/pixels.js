// many small cells: each is convex, so that a row of pixels meets it in one stretch, which is coloured at once
const pixels = document.createElement("canvas");

function pixelCells({ scale, left, top, width, height }) {
  const fine = Math.min(fineness, Math.sqrt(most / (width * height))), wide = Math.ceil(width * fine), high = Math.ceil(height * fine);
  const image = new ImageData(wide, high), ground = new Uint32Array(image.data.buffer), { corners, x, y, count } = cells;
  const looks = kindLooks(fine), px = new Float64Array(corners), py = new Float64Array(corners);
  for (let i = 0; i < count; i++) {
    let [low, lowest, highest] = [Infinity, Infinity, -Infinity];
    for (let k = 0, at = i * corners; k < corners; k++, at++) {
      px[k] = (x[at] * scale - left) * fine;
      py[k] = (y[at] * scale - top) * fine;
      low = Math.min(low, px[k]);
      lowest = Math.min(lowest, py[k]);
      highest = Math.max(highest, py[k]);
    }
    if (low > wide || highest < 0 || lowest > high) continue;
    fillRows(ground, wide, px, py, Math.max(0, Math.ceil(lowest - 0.5)), Math.min(high - 1, Math.floor(highest - 0.5)), looks[active.classes[i]]);
  }
  Object.assign(pixels, { width: wide, height: high });
  pixels.getContext("2d").putImageData(image, 0, 0);
  return pixels;
}

// the middle of a pixel decides; a hair more on both sides leaves no gap between neighbours
function fillRows(ground, wide, px, py, first, last, { plain, hatched, falls, every, thick }) {
  for (let row = first; row <= last; row++) {
    const middle = row + 0.5;
    let [from, to] = [Infinity, -Infinity];
    for (let k = 0, j = px.length - 1; k < px.length; j = k++) {
      if (py[k] > middle === py[j] > middle) continue;
      const at = px[k] + ((px[j] - px[k]) * (middle - py[k])) / (py[j] - py[k]);
      from = Math.min(from, at);
      to = Math.max(to, at);
    }
    const start = row * wide, end = start + Math.min(wide - 1, Math.floor(to - 0.45));
    let at = start + Math.max(0, Math.ceil(from - 0.55));
    if (at > end) continue;
    ground.fill(plain, at, end + 1);
    if (hatched === undefined) continue;
    const shift = falls ? -row : row;
    for (; at <= end; at++) if ((((at - start + shift) % every) + every) % every < thick) ground[at] = hatched;
  }
}

// how a kind of cell looks, in whole pixels: its colour and that of its lines
function kindLooks(fine) {
  const pixel = (hex) => (0xff000000 | (parseInt(hex.slice(5, 7), 16) << 16) | (parseInt(hex.slice(3, 5), 16) << 8) | parseInt(hex.slice(1, 3), 16)) >>> 0;
  const looks = active.colours.map((hex) => ({ plain: pixel(hex) }));
  for (const [kind, hex] of Object.entries(data.plain)) {
    looks[kind] = { plain: pixel(hex), hatched: pixel(data.hatched[kind]), falls: Number(kind) === data.unscored, every: Math.round(6 * fine), thick: fine };
  }
  return looks;
}
