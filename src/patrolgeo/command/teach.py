"""A command with the help that teaches it: a sentence, its words, examples."""

from __future__ import annotations

import argparse
from typing import Any


def teach(commands: Any, name: str, what: str, *examples: str) -> argparse.ArgumentParser:
    """Add a command that does `what`; its help ends with `examples`, each a line that can be typed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser
