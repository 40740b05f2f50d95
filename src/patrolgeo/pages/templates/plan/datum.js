// where a map published in China shows a point: shifted by a known polynomial (GCJ-02), some hundred metres away. Only
// what is told is shifted, never what is stored; the same formulas as in patrolgeo.sources.datum
const inChina = (lat, lon) => lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;

function gcj02(lat, lon) {
  const x = lon - 105, y = lat - 35, sine = (turns) => Math.sin(turns * Math.PI), root = Math.sqrt(Math.abs(x));
  const waves = (v, ...terms) => terms.reduce((sum, [turns, metres]) => sum + metres * sine(turns * v), 0) * 2 / 3;
  const common = waves(x, [6, 20], [2, 20]);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common + waves(y, [1, 20], [1 / 3, 40], [1 / 12, 160], [1 / 30, 320]);
  const eastward = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common + waves(x, [1, 20], [1 / 3, 40], [1 / 12, 150], [1 / 30, 300]);
  const phi = (lat * Math.PI) / 180, flat = 0.00669342162296594323, magic = 1 - flat * Math.sin(phi) ** 2, degree = (6378245 * Math.PI) / 180;
  return [lat + north / ((degree * (1 - flat)) / magic ** 1.5), lon + eastward / ((degree / Math.sqrt(magic)) * Math.cos(phi))];
}
