"""Ctrl-C ends the page as it ends every command: one sentence, no word of the server."""

import asyncio
import gc
import signal
from types import SimpleNamespace

import pytest

from patrolgeo.app import serve
from patrolgeo.command.stops import Stops

STILL_THERE = SimpleNamespace(over=lambda: False)


class Server:
    """As uvicorn does: on its way out it raises again the signal that stopped it."""

    should_exit = False

    async def serve(self, sockets):
        await asyncio.sleep(0)
        signal.raise_signal(signal.SIGINT)


def test_a_stop_is_told_once_and_not_by_asyncio(capfd):
    with Stops() as stops:
        assert asyncio.run(serve._serve(Server(), None, STILL_THERE)) is True
    gc.collect()
    assert stops.code == 130
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("over", [True, False])
def test_a_page_that_was_closed_is_no_stop(over):
    class Closed(Server):
        async def serve(self, sockets):
            while over and not self.should_exit:
                await asyncio.sleep(0.01)

    assert asyncio.run(serve._serve(Closed(), None, SimpleNamespace(over=lambda: over))) is False
