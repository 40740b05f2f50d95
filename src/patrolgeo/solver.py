"""Mixed-integer programs by HiGHS: start from a known plan, end with value, bound and status.

A time limit never leaves the caller without a plan: when HiGHS finds nothing better, the start comes back.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats

TOO_SMALL, TOO_LARGE = 1e-2, 1e9  # largest costs beyond these are scaled to 1
OPTIMAL, TIME_LIMIT, HEURISTIC, INFEASIBLE = "optimal", "time_limit", "heuristic", "infeasible"


@dataclass(frozen=True)
class Solution:
    """The answer of a solve: values, objective, proven bound (None when there is none), status."""

    values: Floats | None
    objective: float
    bound: float | None
    status: str


def solve_milp(
    cost: Floats,
    matrix: sparse.spmatrix,
    lower: Floats,
    upper: Floats,
    *,
    integer: Bools,
    bounds: tuple[Floats | float, Floats | float] = (0.0, 1.0),
    maximize: bool = False,
    start: Floats | None = None,
    time_limit: float = 60.0,
    gap: float = 1e-6,
    node_limit: int | None = None,
) -> Solution:
    """Minimise (or maximise) ``cost @ x`` subject to ``lower <= matrix @ x <= upper``.

    Parameters
    ----------
    cost
        Shape (n,).
    matrix
        Sparse, shape (rows, n).
    lower, upper
        Row limits, shape (rows,); infinite where there is none.
    integer
        Which columns are whole numbers, shape (n,).
    bounds
        Lower and upper limits of the columns.
    start
        A feasible point, shape (n,), to start from.
    time_limit
        Seconds of wall time; on a shared machine prefer `node_limit` for a repeatable answer.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from patrolgeo.solver import solve_milp
    >>> answer = solve_milp(np.array([3.0, 2.0]), sparse.csr_matrix([[1.0, 1.0]]), np.array([1.0]),
    ...                     np.array([np.inf]), integer=np.array([True, True]))
    >>> answer.status, answer.objective, answer.values.tolist()
    ('optimal', 2.0, [0.0, 1.0])
    """
    import highspy

    solver = highspy.Highs()
    settings: dict[str, Any] = {
        "output_flag": False, "threads": 1, "random_seed": 0, "time_limit": float(time_limit), "mip_rel_gap": gap,
    }  # fmt: skip
    if node_limit is not None:
        settings["mip_max_nodes"] = node_limit
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    unit = _unit(cost)
    solver.passModel(_program(highspy, cost / unit, matrix, lower, upper, integer, bounds, maximize))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = np.asarray(start, float).tolist()
        solver.setSolution(solution)
    solver.run()
    return _read_back(highspy, solver, cost, integer, start, unit)


def _program(
    highspy: Any, cost: Floats, matrix: sparse.spmatrix, lower: Floats, upper: Floats, integer: Bools,
    bounds: tuple[Floats | float, Floats | float], maximize: bool,
) -> Any:  # fmt: skip
    columns = sparse.csc_matrix(matrix)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns.shape[1], columns.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize if maximize else highspy.ObjSense.kMinimize
    lp.col_cost_ = np.asarray(cost, float)
    lp.col_lower_, lp.col_upper_ = (np.broadcast_to(np.asarray(b, float), columns.shape[1]).copy() for b in bounds)
    lp.row_lower_, lp.row_upper_ = np.asarray(lower, float), np.asarray(upper, float)
    whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    if np.any(integer):
        lp.integrality_ = [whole if w else real for w in integer]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
        columns.indptr,
        columns.indices,
        columns.data,
    )
    return lp


def _unit(cost: Floats) -> float:
    """Return what costs are divided by for HiGHS, whose tolerances are absolute: 1 where they are of common size."""
    largest = float(np.abs(cost).max(initial=0.0))
    return largest if np.isfinite(largest) and largest > 0 and not TOO_SMALL <= largest <= TOO_LARGE else 1.0


def _read_back(
    highspy: Any, solver: Any, cost: Floats, integer: Bools, start: Floats | None, unit: float
) -> Solution:  # fmt: skip
    info, state = solver.getInfo(), solver.getModelStatus()
    if state == highspy.HighsModelStatus.kInfeasible:
        return Solution(None, np.nan, None, INFEASIBLE)
    values: Floats | None = np.asarray(solver.getSolution().col_value, float)
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if not found:
        values = np.asarray(start, float) if start is not None else None
    objective = float(np.dot(cost, values)) if values is not None else np.nan
    bound = unit * float(info.mip_dual_bound)
    if state == highspy.HighsModelStatus.kOptimal:
        return Solution(values, objective, bound if np.any(integer) else objective, OPTIMAL)
    known = np.any(integer) and np.isfinite(bound)
    return Solution(values, objective, bound if known else None, TIME_LIMIT)
