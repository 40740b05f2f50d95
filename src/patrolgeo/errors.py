"""What can be wrong with a user's data or plan.

Each error derives from `PatrolgeoError` and from the builtin that fits, so both ``except PatrolgeoError`` and
``except ValueError`` work. A message says which file, row, column or value, what was expected, and how to mend it.
"""


class PatrolgeoError(Exception):
    """Base of every error about the user's data or plan."""

    def __str__(self) -> str:
        """Return the message as written (KeyError would show its repr)."""
        return str(self.args[0]) if self.args else ""


class DataError(PatrolgeoError, ValueError):
    """A value, a table or a plan cannot be used as it is."""


class CRSError(PatrolgeoError, ValueError):
    """A coordinate reference system or datum is missing or does not fit."""


class AlignmentError(PatrolgeoError, ValueError):
    """Two tables that should share labels (cells, periods) do not."""


class InfeasibleError(PatrolgeoError, ValueError):
    """No plan can meet what was asked; the message names what stands in the way."""


class MissingColumnError(PatrolgeoError, KeyError):
    """A table lacks a column that is needed; `likely` holds all proposals.

    Parameters
    ----------
    message
        What is missing, and how to name it.
    proposed
        The likeliest column by field.
    """

    def __init__(self, message: str = "", proposed: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.proposed = proposed or {}
        self.likely: tuple[object, ...] = ()


class MissingFileError(PatrolgeoError, FileNotFoundError):
    """A file that was named does not exist."""


class WorkerError(PatrolgeoError, RuntimeError):
    """A process that worked for us died."""


class PatrolgeoWarning(UserWarning):
    """Something the user should know; the message carries a number."""
