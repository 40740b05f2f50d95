"""Areas of the day and of the night.

At night other cells carry the work. The two divisions may differ by a tenth at most, so that officers keep the
ground they know.
"""

import matplotlib.pyplot as plt
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
grid = pg.HexGrid.from_area(area, resolution=7)
calls = pg.read_calls(county / "calls.csv", area=area)
night = calls["received"].dt.hour.isin([22, 23, 0, 1, 2, 3, 4, 5])
work = {name: grid.locate(calls[part]).value_counts().reindex(grid.cells, fill_value=0) + 0.5
        for name, part in (("day", ~night), ("night", night))}  # fmt: skip
found = pg.design_shift_areas(pd.DataFrame(work), grid, 9, max_change=0.1)
fig, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for ax, (name, plan) in zip(axes, found.plans.items(), strict=True):
    plan.to_gdf().reset_index().plot("area", categorical=True, cmap="tab10", edgecolor="white", ax=ax)
    ax.set_title(f"{name}: heaviest {plan.max_over_mean:.2f} of the mean")
    ax.set_axis_off()
