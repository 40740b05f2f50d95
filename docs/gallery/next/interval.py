"""How sure is the number of next month?

The expected incidents of each township for four weeks, with the interval that holds nine of ten outcomes.
"""

import geopandas as gpd
import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
incidents = pg.read_incidents(county / "incidents.csv", area=county / "area.geojson", places=county / "villages.csv")
units = pg.AreaUnits.from_layer(gpd.read_file(county / "townships.geojson"), label="name")
model = pg.RiskStack().fit(pg.count_incidents(incidents, units, freq="28D"), units=units)
expected = model.predict(1).iloc[0]
bounds = model.predict_interval(1, level=0.9).iloc[0]
fig, ax = plt.subplots(figsize=(8, 4))
names = [f"township {k + 1}" for k in range(len(expected))]
ax.errorbar(expected, names, xerr=[expected - bounds["low"], bounds["high"] - expected], fmt="o", capsize=3)
ax.set(xlabel="incidents in the next four weeks, 90 %")
