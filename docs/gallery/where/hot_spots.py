"""The ten places to visit.

Hot cells that touch are joined, cut to a size that a patrol can walk, and ranked by how much is above what people
explain.
"""

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
grid = pg.HexGrid.from_area(area, resolution=8)
people = pg.interpolate(pg.read_population(county / "villages.csv"), grid, "population")["population"]
counts = pg.count_incidents(incidents, grid).sum()
hot = pg.GetisOrd().fit_predict(pg.count_incidents(incidents, grid), exposure=people) == "hot"
spots = pg.join_hot_spots(hot, counts, counts.sum() * people / people.sum(), grid, most=10).table
table = spots.iloc[::-1]
ax = table.plot.barh(y=["incidents", "expected"], color=["#c0392b", "#9aa5ad"], figsize=(8, 5))
ax.set(xlabel="incidents in two years", ylabel="hot spot, by rank")
ax.bar_label(
    ax.containers[0],
    [f"{ratio:.1f} times" if ratio < 99 else "nobody lives there" for ratio in table["ratio"]],
    padding=4,
)
ax.margins(x=0.2)
