"""How functions are compiled: each once for its types, kept on disk.

numba would compile a function anew for every number that a caller writes out, as for 0 and 1 in ``push(heap, 0)``.
In compiled functions write loops where one array is copied into another or added to it: the check of their shapes, with
its message, takes longer to compile than most of ours.
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
    compiled: Any = njit(**{"cache": True, "no_cfunc_wrapper": True} | options)(function)
    if compiled is function:  # compilation is switched off (NUMBA_DISABLE_JIT)
        return function
    resolve = compiled.get_call_template

    def plainly(args: Any, kws: Any) -> Any:
        return resolve(tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in kws.items()})

    compiled.get_call_template = plainly
    return cast(F, compiled)


def inner(function: F, **options: Any) -> F:
    """Return `function` compiled for other compiled functions alone, a third sooner: Python cannot call it.

    It has no file of its own; it is kept in those of the functions that call it.

    Examples
    --------
    >>> from patrolgeo.compiled import inner, kernel
    >>> double = inner(lambda x: 2 * x)
    >>> quadruple = kernel(lambda x: double(double(x)), cache=False)
    >>> quadruple(1)
    4
    >>> double(1)
    Traceback (most recent call last):
    TypeError: only compiled functions can call <lambda>
    """
    compiled: Any = kernel(function, **{"cache": False, "no_cpython_wrapper": True} | options)
    if compiled is not function:

        def refuse(*_: Any, **__: Any) -> Any:
            raise TypeError(f"only compiled functions can call {function.__name__}")

        compiled._insert = lambda *_: None  # what has no way in from Python must not be found from there
        compiled._compile_for_args = refuse
    return cast(F, compiled)


def lean_kernel(function: F, **options: Any) -> F:
    """Return a `kernel` that makes no arrays, so that numba need not count who holds one: faster, and sooner compiled.

    Examples
    --------
    >>> from patrolgeo.compiled import lean_kernel
    >>> lean_kernel(lambda x: x + 1, cache=False)(1)
    2
    """
    return kernel(function, error_model="numpy", _nrt=False, **options)


def lean(function: F) -> F:
    """Return an `inner` function that makes no arrays, as a `lean_kernel`.

    Examples
    --------
    >>> from patrolgeo.compiled import kernel, lean
    >>> double = lean(lambda x: 2 * x)
    >>> kernel(lambda x: double(x) + 1, cache=False)(1)
    3
    """
    return inner(function, error_model="numpy", _nrt=False)
