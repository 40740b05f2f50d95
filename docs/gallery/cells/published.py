"""What may be published of small counts.

Counts of 1 to 4 are suppressed, and others with them, so that nothing can be subtracted back from totals. By year a
county shows a little.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
shares = {}
for resolution in (5, 6, 7, 8):
    yearly = pg.count_incidents(incidents, pg.HexGrid.from_area(area, resolution), freq="YS", partial=True)
    shown = pg.suppress_small_counts(yearly, threshold=5).counts
    shares[f"resolution {resolution}"] = (shown.sum(axis=1) / yearly.sum(axis=1)).mean()
fig, ax = plt.subplots(figsize=(7, 4))
ax.bar(list(shares), [100 * share for share in shares.values()], color="#4a7fb0")
ax.set(ylabel="incidents that may be shown, %", ylim=(0, 100), title="Counts by cell and year, threshold 5")
