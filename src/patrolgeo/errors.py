"""What can be wrong with a user's data or plan.

Each error derives from `PatrolgeoError` and from the builtin that fits, so both ``except PatrolgeoError`` and
``except ValueError`` work. A message says which file, row, column or value, what was expected, and how to mend it.
"""


class PatrolgeoError(Exception):
    """Base of every error about the user's data or plan.

    Examples
    --------
    >>> from patrolgeo import PatrolgeoError, p_median
    >>> try:
    ...     p_median([[1.0, 2.0]], 5)
    ... except PatrolgeoError as error:
    ...     print(type(error).__name__)
    InfeasibleError
    """

    def __str__(self) -> str:
        """Return the message as written (KeyError would show its repr)."""
        return str(self.args[0]) if self.args else ""


class DataError(PatrolgeoError, ValueError):
    """A value, a table or a plan cannot be used as it is.

    Examples
    --------
    >>> from patrolgeo import DataError, kernel_density, HexGrid
    >>> try:
    ...     HexGrid.from_cells(["not a cell"])
    ... except DataError as error:
    ...     print("not a cell" in str(error))
    True
    """


class CRSError(PatrolgeoError, ValueError):
    """A coordinate reference system or datum is missing or does not fit.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import CRSError, HexGrid
    >>> nowhere = gpd.GeoSeries.from_xy([119.9], [31.7]).buffer(0.1)
    >>> try:
    ...     HexGrid.from_area(nowhere, 8)
    ... except CRSError:
    ...     print("say in which coordinates it is")
    say in which coordinates it is
    """


class AlignmentError(PatrolgeoError, ValueError):
    """Two tables that should share labels (cells, periods) do not.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import AlignmentError, concentration
    >>> try:
    ...     concentration(pd.Series([3, 1], ["a", "b"]), pd.Series([10.0, 20.0], ["a", "c"]))
    ... except AlignmentError as error:
    ...     print("'c'" in str(error) or "b" in str(error))
    True
    """


class InfeasibleError(PatrolgeoError, ValueError):
    """No plan can meet what was asked; the message names what stands in the way.

    Examples
    --------
    >>> from patrolgeo import InfeasibleError, set_cover
    >>> try:
    ...     set_cover([[9.0, 3.0]], max_cost=5)
    ... except InfeasibleError:
    ...     print("one place is reached by none")
    one place is reached by none
    """


class MissingColumnError(PatrolgeoError, KeyError):
    """A table lacks a column that is needed; `likely` holds all proposals.

    Parameters
    ----------
    message
        What is missing, and how to name it.
    proposed
        The likeliest column by field.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import MissingColumnError, read_incidents
    >>> try:
    ...     read_incidents(pd.DataFrame({"when": ["2024-01-01 10:00"]}))
    ... except MissingColumnError as error:
    ...     print(isinstance(error, KeyError))
    True
    """

    def __init__(self, message: str = "", proposed: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.proposed = proposed or {}
        self.likely: tuple[object, ...] = ()


class MissingFileError(PatrolgeoError, FileNotFoundError):
    """A file that was named does not exist.

    Examples
    --------
    >>> from patrolgeo import MissingFileError, read_incidents
    >>> try:
    ...     read_incidents("nothing.csv")
    ... except MissingFileError as error:
    ...     print("nothing.csv" in str(error))
    True
    """


class WorkerError(PatrolgeoError, RuntimeError):
    """A process that worked for us died.

    Examples
    --------
    >>> from patrolgeo import PatrolgeoError, WorkerError
    >>> issubclass(WorkerError, PatrolgeoError) and issubclass(WorkerError, RuntimeError)
    True
    """


class PatrolgeoWarning(UserWarning):
    """Something the user should know; the message carries a number.

    Examples
    --------
    >>> import warnings
    >>> from patrolgeo import PatrolgeoWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", PatrolgeoWarning)  # what was read before, and looked at
    """
