"""`patrolgeo app DIR`: the local server, for one planner on this machine only."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patrolgeo.app.bench import Bench
from patrolgeo.app.journal import Journal
from patrolgeo.app.new_plan import save_plan
from patrolgeo.app.opened import open_bench
from patrolgeo.app.page import app_page, language_of
from patrolgeo.app.questions import close_road, read_beside
from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.words.messages import load_words
from patrolgeo.words.note import Note, worded

HERE = "127.0.0.1"
MOST = 8_000_000  # bytes of a step
ALONE, UNOPENED = 180.0, 900.0  # seconds without a sign of the page, and before it is opened, after which the app ends
GUARDS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip


def run_app(folder: Path, plan: Path | None, beside: Path | None, say: Callable[[str], None]) -> None:
    """Serve the page of a finished plan until it is closed, left alone, or interrupted.

    Parameters
    ----------
    folder
        The folder of the plan.
    plan
        The plan file that it was made from; changed plans are saved beside it. None saves beside the folder's copy.
    beside
        The folder of another plan of the same cells, to compare with.
    say
        Takes the address, once the page can be opened.
    """
    try:
        import uvicorn
    except ImportError:
        raise DataError(
            "patrolgeo app needs the packages starlette and uvicorn: pip install 'patrolgeo[app]'."
        ) from None
    if plan is not None and not plan.is_file():
        raise DataError(f"{plan} is no plan file.")
    bench = open_bench(folder)
    journal = Journal(folder / f"changes_{bench.code}.jsonl")
    journal.replay(bench.do)
    sock = socket.socket()
    sock.bind((HERE, 0))
    sock.listen()  # so that the address answers from the moment it is said
    desk = Desk(bench, journal, plan or folder / "plan.toml", sock.getsockname()[1], beside)
    server = uvicorn.Server(uvicorn.Config(desk.app(), log_level="warning", access_log=False, lifespan="off", ws="none",
                                           server_header=False, date_header=False))  # fmt: skip
    say(f"{desk.origin}/{desk.token}/\n")
    try:
        stopped = asyncio.run(_serve(server, sock, desk))
    finally:
        journal.close()
    if stopped:
        raise KeyboardInterrupt


async def _serve(server: Any, sock: socket.socket, desk: Desk) -> bool:
    """Serve until the page is closed or gives no sign any more; return whether a signal came before."""
    task = asyncio.create_task(_until_stopped(server, sock))
    while not task.done():
        if desk.over():
            server.should_exit = True
        await asyncio.sleep(0.2)
    return await task


async def _until_stopped(server: Any, sock: socket.socket) -> bool:
    """Serve, and return whether a signal ended it: an interrupt that leaves a task is printed by asyncio as well."""
    try:
        await server.serve(sockets=[sock])
    except KeyboardInterrupt:
        return True
    return False


class Desk:
    """What may be asked, by whom, and what is answered."""

    def __init__(
        self, bench: Bench, journal: Journal, source: Path, port: int, beside: Path | None = None
    ) -> None:  # fmt: skip
        self.bench, self.journal, self.source = bench, journal, source
        self.token, self.origin = secrets.token_urlsafe(24), f"http://{HERE}:{port}"
        self.other = None if beside is None else read_beside(bench, beside)
        self.words = load_words(language_of(bench.folder))
        self.page, self.policy = app_page(bench.folder, {
            "posts": bench.reach is not None, "roads": bench.roads is not None, "villages": bench.village is not None,
            "beside": "" if beside is None else beside.resolve().name, "unread": journal.unread,
        })  # fmt: skip
        self.closed, self.opened, self.seen = False, False, time.monotonic()

    def over(self) -> bool:
        """Return whether nobody is there any more."""
        return self.closed or time.monotonic() - self.seen > (ALONE if self.opened else UNOPENED)

    def app(self) -> Any:
        """Return the application: every address lies below the token, and nothing else is known."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [
            Route("/{token}/", self._guarded(self._page)),
            Route("/{token}/state", self._guarded(self._state)),
            Route("/{token}/beside", self._guarded(self._beside)),
            *(Route(f"/{{token}}/{name}", self._guarded(act, writes=True), methods=["POST"])
              for name, act in (("do", self._do), ("ask", self._ask), ("save", self._save), ("close", self._close))),
        ]  # fmt: skip
        return Starlette(routes=routes)

    def _guarded(self, answer: Any, writes: bool = False) -> Any:
        """Answer only who knows the token, asks this address by its own name, and comes from the page itself."""
        from starlette.responses import JSONResponse, PlainTextResponse

        async def guarded(request: Any) -> Any:
            asked = request.headers
            origin, site = asked.get("origin"), asked.get("sec-fetch-site", "same-origin")
            foreign = origin not in ((self.origin,) if writes else (self.origin, None))
            if (
                not secrets.compare_digest(request.path_params["token"].encode(), self.token.encode())
                or asked.get("host") != self.origin.removeprefix("http://")
                or foreign
                or site not in ("same-origin", "none")
                or (writes and asked.get("content-type", "").split(";")[0] != "application/json")
            ):
                return PlainTextResponse("refused", 403, GUARDS)
            self.seen = time.monotonic()
            try:
                return await answer(request)
            except PatrolgeoError as error:
                said = worded(error.args[0], self.words)
            except OSError as error:
                said = Note("app_no_disk", {"what": error.strerror or str(error)}).worded(self.words)
            return JSONResponse({"error": str(said)}, headers=GUARDS)  # 200: else the browser's console fills

        return guarded

    async def _page(self, _: Any) -> Any:
        from starlette.responses import HTMLResponse

        self.opened = True
        return HTMLResponse(self.page, headers={**GUARDS, "Content-Security-Policy": self.policy})

    async def _state(self, _: Any) -> Any:
        return self._told()

    async def _beside(self, _: Any) -> Any:
        from starlette.responses import JSONResponse

        return JSONResponse(self.other, headers=GUARDS)

    async def _do(self, request: Any) -> Any:
        step, bench = await _body(request), self.bench
        now, before = bench.now, list(bench.before)
        try:
            bench.do(step)
            self.journal.add(step)  # on disk before the page hears of it
        except TypeError:
            raise DataError(Note("app_unnamed")) from None
        except OSError:
            bench.now, bench.before = now, before
            raise
        return self._told()

    async def _ask(self, request: Any) -> Any:
        from starlette.responses import JSONResponse

        return JSONResponse(close_road(self.bench, await _body(request)), headers=GUARDS)

    async def _save(self, _: Any) -> Any:
        from starlette.responses import JSONResponse

        return JSONResponse({"saved": save_plan(self.bench, self.source).name}, headers=GUARDS)

    async def _close(self, _: Any) -> Any:
        self.closed = True
        return self._told()

    def _told(self) -> Any:
        from starlette.responses import JSONResponse

        return JSONResponse(self.bench.told(), headers=GUARDS)


async def _body(request: Any) -> Any:
    """Return what a request carries, as far as that is JSON of a decent size, in letters that can be written down."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            raise DataError(Note("app_large", {"most": MOST}))
    try:
        told = json.loads(body)
        json.dumps(told, ensure_ascii=False).encode("utf-8")  # half a letter (a lone surrogate) fits in no journal
        return told
    except (ValueError, RecursionError):
        raise DataError(Note("app_json")) from None
