"""The gallery."""

from pathlib import Path

from staged import Stage


def write(stage: Stage, root: Path, kept: Path | None) -> None:
    """Write the gallery."""
