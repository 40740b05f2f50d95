"""Rules as rows: a weighted sum of open sites is at most so much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Floats, Ints

TINY = 1e-9


@dataclass(frozen=True)
class Rows:
    """Checked rules: ``matrix @ open <= limit``, the first row counts the sites; `words` says what each row means."""

    fixed: Ints
    price: Floats
    matrix: sparse.csr_matrix
    limit: Floats
    words: tuple[str, ...]

    @property
    def n_sites(self) -> int:
        """Return the most sites there may be."""
        return int(self.limit[0])

    @property
    def only_count(self) -> bool:
        """Return whether nothing but the number of sites binds."""
        return len(self.limit) == 1

    @property
    def limits(self) -> str:
        """Return the count, the budget and the kinds in words."""
        return ", ".join(said for said in self.words if "=" in said)

    def kept_by(self, is_open: Array) -> bool:
        """Return whether a choice (ones and zeros by candidate) keeps every rule."""
        return bool((self.matrix @ is_open <= self.limit + TINY * (1 + np.abs(self.limit))).all())
