"""Do risky cells turn out as risky as said?

Cells in ten groups by their forecast: a dot on the line is a group in which as much happened as was said.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
panel = pg.count_incidents(incidents, pg.HexGrid.from_area(area, resolution=8))
said = pg.backtest({"stack": pg.RiskStack()}, panel, window=4, step=4, n_origins=8)
happened = [panel.loc[start:].iloc[:4].sum() for start in said.index]
pairs = zip(happened, said["stack"].to_numpy(), strict=True)
table = sum(pg.calibration_table(y, forecast)[["expected", "observed"]] for y, forecast in pairs)
fig, ax = plt.subplots(figsize=(5, 5))
ax.loglog(table["expected"], table["observed"].clip(lower=0.5), "o")
ax.plot([1, 500], [1, 500], color="grey", linewidth=0.8)
ax.set(xlabel="expected incidents of the group", ylabel="recorded")
