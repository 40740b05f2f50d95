"""Clusters of any size, tested once.

The scan statistic tries circles of all sizes around all villages and tests the best of them against what shuffling
brings.
"""

import geopandas as gpd

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
villages = gpd.read_file(county / "village_areas.geojson")
villages.index = villages["township"] + " " + villages["name"]
units = pg.AreaUnits.from_layer(villages)
people = pg.interpolate(pg.read_population(county / "villages.csv"), units, "population")["population"]
found = pg.scan_statistic(pg.count_incidents(incidents, units).sum(), people, grid=units, max_share=0.2)
ax = villages.plot(color="#f2f2f2", edgecolor="#bbbbbb", figsize=(8, 6))
for members, p, risk in zip(found.members, found.p_value, found.relative_risk, strict=True):
    if p <= 0.05:
        villages.loc[members].plot(ax=ax, color="#c0392b" if risk > 1 else "#2c7fb8", alpha=0.6, edgecolor="white")
ax.set_title("clusters with p of at most 0.05")
ax.set_axis_off()
