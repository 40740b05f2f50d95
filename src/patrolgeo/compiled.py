"""How functions are compiled: each once for its types, kept on disk.

numba would compile a function anew for every number that a caller writes out, as for 0 and 1 in ``push(heap, 0)``.
In compiled functions write loops where one array is copied into another: the check of their shapes, with its message,
takes longer to compile than most of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.types import unliteral

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F, **options: Any) -> F:
    """Return `function` compiled at its first call; `options` of ``numba.njit`` stand before ours.

    Examples
    --------
    >>> from patrolgeo.compiled import kernel
    >>> add = kernel(lambda x, y: x + y, cache=False)  # typed in, so that there is no file to keep it beside
    >>> add(1, 2)
    3
    """
    compiled: Any = njit(**{"cache": True} | options)(function)
    if compiled is function:  # compilation is switched off (NUMBA_DISABLE_JIT)
        return function
    resolve = compiled.get_call_template

    def plainly(args: Any, kws: Any) -> Any:
        return resolve(tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in kws.items()})

    compiled.get_call_template = plainly
    return cast(F, compiled)
