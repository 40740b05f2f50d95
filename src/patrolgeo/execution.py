"""Where work runs: a plain loop, processes or a Dask client, always with the same answer; and progress."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from tqdm.auto import tqdm

T = TypeVar("T")


class Executor(Protocol):
    """Anything with `submit`: a concurrent.futures executor or a Dask client."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Start fn(*args) and return a future with `.result()`."""


def one_thread() -> AbstractContextManager[Any]:
    """Keep linear algebra and trees on one core while this lasts.

    On tables as small as ours further threads wait for each other and cost many times what they bring; whole tasks
    spread better, see `run_all`.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def run_all(
    task: Callable[..., T], items: Iterable[Any], *, executor: Executor | None = None, what: str = "working"
) -> Iterator[T]:
    """Yield ``task(item)`` for each item in the order of `items`, here or on `executor`.

    The order of the answers never depends on the executor, so what is summed from them does not either.
    """
    items = list(items)
    if executor is None:
        for item in progress(items, what=what):
            yield task(item)
        return
    futures = [executor.submit(task, item) for item in items]
    try:
        for future in progress(futures, what=what):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def progress(items: Iterable[T], *, what: str, total: int | None = None) -> Iterable[T]:
    """Show a bar over `items` where a person watches (terminal or notebook), nothing elsewhere."""
    return tqdm(items, desc=what, total=total, disable=not _watched(), delay=2, leave=False)


def _watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
