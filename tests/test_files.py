"""Files are whole or not there."""

import json

import pytest

from patrolgeo.errors import DataError
from patrolgeo.files import whole_file, whole_folder, write_json


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(target) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_fails_half_way_leaves_the_old_one_and_no_trace(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "map.html").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_folder(target) as beside:
        (beside / "map.html").write_text("half")
        raise KeyboardInterrupt
    assert (target / "map.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_new_run_replaces_what_an_earlier_run_wrote_and_keeps_what_others_put_there(tmp_path):
    target = tmp_path / "out"
    for names in (["plan.html", "sites.geojson"], ["plan.html"]):
        with whole_folder(target) as beside:
            for name in names:
                (beside / name).write_text(str(names))
            write_json(beside / "manifest.json", {"outputs": dict.fromkeys(names, "hash")})
        (target / "my-notes.txt").write_text("mine")
    assert sorted(p.name for p in target.iterdir()) == ["manifest.json", "my-notes.txt", "plan.html"]
    assert json.loads((target / "manifest.json").read_text())["outputs"] == {"plan.html": "hash"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="is a file"), whole_folder(tmp_path / "out"):
        pass
