"""The notebooks as pages."""

from pathlib import Path

from staged import Stage


def write(stage: Stage, root: Path, kept: Path | None) -> None:  # noqa: ARG001
    """Stage the notebooks."""
    stage.copy(root, "notebooks", only=".ipynb")
