import pytest


@pytest.fixture
def write(tmp_path):
    """Write a text as a file and return its path."""

    def write_file(text, name="incidents.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_file
