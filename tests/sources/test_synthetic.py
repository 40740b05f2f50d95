"""The sample county holds what its specification says, and is the same every time it is made."""

import filecmp

import pytest

from patrolgeo import make_county, sample_folder, write_sample


@pytest.fixture(scope="module")
def county():
    return make_county(seed=1)


def test_the_committed_files_are_those_of_seed_1_byte_for_byte(tmp_path):
    folder = write_sample(tmp_path / "county")
    names = sorted(p.name for p in folder.iterdir())
    _, different, missing = filecmp.cmpfiles(folder, sample_folder(), names, shallow=False)
    assert different == missing == []
    assert sum(p.stat().st_size for p in folder.iterdir()) < 5e6


def test_people_add_up_in_every_row(county):
    people = county.villages
    assert people["population"].sum() == 143_000
    assert people["registered"].sum() == 180_000
    assert (people["population"] == people["registered"] - people["out_migrants"] + people["in_migrants"]).all()
