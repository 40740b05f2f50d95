"""What a command says on standard output."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Write a text where somebody listens."""
    if sys.stdout is not None:
        sys.stdout.write(text)
