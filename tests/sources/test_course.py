"""The notebooks come with the package, with what they read; a reader's own notes are never overwritten."""

import json
from pathlib import Path

import pytest

from patrolgeo.command.main import main
from patrolgeo.sources import course

ROOT = Path(__file__).parents[2]


@pytest.fixture
def no_county(monkeypatch):
    monkeypatch.setattr(course, "write_sample", lambda folder: folder.mkdir(parents=True))


def test_the_course_is_written_once_and_notes_in_it_stay(no_county, tmp_path, capsys):
    folder = tmp_path / "course"
    assert main(["notebooks", str(folder)]) == 0
    names = [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    assert [path.name for path in sorted(folder.glob("*.ipynb"))] == names
    assert (folder / "data" / "samples" / "county").is_dir()
    assert f"{len(names)} notebooks" in capsys.readouterr().out
    mine = folder / names[0]
    mine.write_text("my notes")
    (folder / names[1]).unlink()
    assert main(["notebooks", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 notebooks written")
    assert f"as you left them: {names[0]}" in said
    assert mine.read_text() == "my notes"


def test_what_is_written_can_be_opened(no_county, tmp_path):
    course.write_course(tmp_path)
    assert all(json.loads(path.read_text(encoding="utf-8"))["cells"] for path in tmp_path.glob("*.ipynb"))


def test_a_package_without_notebooks_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(course, "_HOMES", (tmp_path / "nowhere",))
    assert main(["notebooks", str(tmp_path / "course")]) == 2
    assert "built without its notebooks" in capsys.readouterr().err
    assert not (tmp_path / "course").exists()
