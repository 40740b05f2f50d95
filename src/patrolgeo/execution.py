"""Where work runs: a plain loop, processes or a Dask client, always with the same answer; and progress."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from tqdm.auto import tqdm

from patrolgeo.errors import WorkerError

T = TypeVar("T")


class Executor(Protocol):
    """Anything with `submit`: a concurrent.futures executor or a Dask client."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
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

    The order of the answers never depends on the executor, so what is summed from them does not either. On a Dask
    client every call has keys of its own, and what is no longer wanted is released: two calls never share a future.

    Raises
    ------
    WorkerError
        When the process that worked on an item died; the message names the item.
    """
    items = list(items)
    if executor is None:
        for item in progress(items, what=what):
            yield task(item)
        return
    futures = (
        _on_dask(task, items, executor)
        if hasattr(executor, "scheduler_info")
        else [executor.submit(task, item) for item in items]
    )
    try:
        for item, future in zip(items, progress(futures, what=what, total=len(items)), strict=True):
            yield _answer(future, item, what)
    finally:
        for future in futures:
            getattr(future, "release", future.cancel)()


def _on_dask(task: Callable[..., T], items: list[Any], client: Any) -> list[Any]:
    """Start ``task(item)`` for all items; what the task carries (a panel) goes out once and not with every item.

    Calls are told to be apart, else equal ones would share a future. The task is the answer of a call of its own, so
    that it is made again when the worker that held it dies.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)  # once, and it has to be there
        shared = client.submit(_same, task, pure=False)
    return [client.submit(_call, shared, item, pure=False) for item in items]


def _same(task: T) -> T:
    return task


def _call(task: Callable[..., T], item: Any) -> T:
    return task(item)


def _answer(future: Any, item: Any, what: str) -> Any:
    try:
        return future.result()
    except Exception as problem:
        if type(problem).__name__ not in ("BrokenProcessPool", "KilledWorker"):
            raise
        told = next((str(part) for part in item if part), str(item)) if isinstance(item, tuple) else str(item)
        raise WorkerError(
            f"A worker process died while {what}: {told[:200]}. Often its memory did not suffice; use fewer workers."
        ) from problem


def progress(items: Iterable[T], *, what: str, total: int | None = None) -> Iterable[T]:
    """Show a bar over `items` and the time left where a person watches (terminal or notebook), nothing elsewhere."""
    return tqdm(items, desc=what, total=total, disable=not watched(), delay=2, leave=False)


def watched() -> bool:
    """Say whether a person watches; who wants quiet sets the level of the logger ``patrolgeo`` to ``WARNING``."""
    if logging.getLogger("patrolgeo").level > logging.INFO:
        return False
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
