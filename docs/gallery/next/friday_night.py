"""Friday night is not the week.

The forecast of the week, and the share of it that belongs to the sixteen hours of two nights, by cell.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
model = pg.RiskStack().fit(pg.count_incidents(incidents, grid))
night = model.predict_hours(incidents, 1, days=["Fri", "Sat"], hours=("22:00", "06:00")).iloc[0]
week = model.predict(1).iloc[0]
share = (100 * night / week)[week > week.quantile(0.97)]
fig, ax = plt.subplots(figsize=(7, 4))
ax.hist(share, bins=30, color="#4a7fb0")
ax.axvline(100 * 16 / 168, color="black", label="share of the clock")
ax.set(xlabel="share of the week's risk in two nights, %", ylabel="cells (the riskiest 3 %)")
ax.legend()
