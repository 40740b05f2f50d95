"""The sample county's later weeks: each of the four planted rises is found, of its kind and in its place."""

import json

import h3
import pandas as pd

from patrolgeo import run_watch, sample_folder


def test_the_four_planted_rises_are_found(tmp_path):
    """Within its weeks every rise is warned of; few warnings belong to none."""
    folder = sample_folder()
    text = (folder / "plan.toml").read_text("utf-8").replace("# weeks = 8 ", "weeks = 13 ")
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "plan.toml").unlink()
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    run_watch(tmp_path / "plan.toml", tmp_path / "watch" / "out")
    alerts = pd.read_csv(tmp_path / "watch" / "out" / "alerts.csv", keep_default_na=False)
    for rise in json.loads((folder / "rises.json").read_text("utf-8")):
        found = alerts[(alerts["kind"] == rise["kind"]) & alerts["period"].between(rise["first"], rise["last"])]
        if rise["lon"] is not None:
            found = found[found["place"] == h3.latlng_to_cell(rise["lat"], rise["lon"], 7)]
        what = "00-06" if rise["kind"] == "time_of_day" else rise["category"]
        assert set(found["what"]) & {what, ""}, rise
    before = alerts["period"] < "2025-01-13"
    assert before.sum() <= 1
