"""Rates of small numbers, and rates drawn towards the mean.

One incident among twelve people is no hot spot. Empirical Bayes draws the rate of a small place towards that of
all, the more the fewer people live there.
"""

import geopandas as gpd
import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
area = pg.read_area(county / "area.geojson")
incidents = pg.read_incidents(county / "incidents.csv", area=area, places=county / "villages.csv")
villages = gpd.read_file(county / "village_areas.geojson")
villages.index = villages["township"] + " " + villages["name"]
units = pg.AreaUnits.from_layer(villages)
people = pg.interpolate(pg.read_population(county / "villages.csv"), units, "population")["population"]
counts = pg.count_incidents(incidents, units).sum()
raw, smooth = 1000 * counts / people, 1000 * pg.empirical_bayes_rates(counts, people)["eb_rate"]
fig, ax = plt.subplots(figsize=(7, 5))
ax.scatter(people, raw, s=14, label="raw")
ax.scatter(people, smooth, s=14, label="drawn towards the mean")
ax.set(xscale="log", xlabel="residents", ylabel="incidents per 1,000 residents")
ax.legend()
