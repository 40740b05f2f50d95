"""The staged source of the site: files are written when they changed, so that Sphinx reads again only those."""

from pathlib import Path


class Stage:
    """A folder that is filled anew: what was not written this time is removed at the end."""

    def __init__(self, root: Path) -> None:
        self.root, self.written, self.beside = root, set[Path](), dict[str, bytes]()

    def text(self, name: str, text: str) -> None:
        """Write a text file."""
        self.bytes(name, text.encode("utf-8"))

    def bytes(self, name: str, content: bytes) -> None:
        """Write a file, unless it holds the same already."""
        path = self.root / name
        self.written.add(path)
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def copy(self, root: Path, folder: str, *, skip: tuple[str, ...] = (), only: str = "") -> None:
        """Copy the files of a folder of `root`, at the same place."""
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not name.startswith(skip or ("//",)) and name.endswith(only):
                self.bytes(name, path.read_bytes())

    def lay_beside(self, site: Path) -> None:
        """Write the files that are no pages of Sphinx, such as maps, into the built site."""
        for name, content in self.beside.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def clean(self) -> None:
        """Remove what an earlier build wrote and this one did not."""
        for path in self.root.rglob("*"):
            if path.is_file() and path not in self.written:
                path.unlink()
