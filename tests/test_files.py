"""Files are whole or not there."""

import os

import pytest

from patrolgeo.errors import DataError
from patrolgeo.files import check_file, whole_file


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(target) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="rights as Unix has them")
def test_a_file_follows_the_umask_keeps_the_mode_it_had_and_is_written_through_links(tmp_path):
    before = os.umask(0o077)
    try:
        with whole_file(tmp_path / "new") as beside:
            beside.write_text("a")
    finally:
        os.umask(before)
    (tmp_path / "new").chmod(0o604)
    (tmp_path / "link").symlink_to("new")
    with whole_file(tmp_path / "link") as beside:
        beside.write_text("b")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_text() == "b"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o604


@pytest.mark.parametrize("target", [".", "/dev/null"])
def test_what_is_no_plain_file_is_never_replaced(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="not a plain file"), whole_file(target):
        pass


@pytest.mark.parametrize("name", ["http://a/b.csv", "/vsicurl/http://a/b", "WFS:http://a", "zip://a.zip"])
def test_an_address_is_not_a_file(name):
    with pytest.raises(DataError, match="is an address"):
        check_file(name)
