"""Units that the queue asks for, hour by hour.

For nine calls of ten a unit shall be free within ten minutes. The upper line takes the upper ends of the rates.
"""

import matplotlib.pyplot as plt

import patrolgeo as pg

county = pg.sample_folder()
rates, busy_hours = pg.hourly_calls(pg.read_calls(county / "calls.csv"))
wish = {"mean_service_hours": busy_hours, "share": 0.9, "within_hours": 10 / 60}
fig, ax = plt.subplots(figsize=(9, 4))
ax.step(rates.index, pg.staff_units(rates["high"], **wish), where="post", color="#bbbbbb", label="cautious")
ax.step(rates.index, pg.staff_units(rates["rate"], **wish), where="post", color="#4a7fb0", label="from the rates")
ax.set(
    xticks=range(0, 168, 24),
    xticklabels=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ylabel="units",
    ylim=(0, None),
)
ax.legend()
