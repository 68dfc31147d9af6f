"""The tasks and servers of a sandbox: what is started here ends with the exit stack that it is given."""

import asyncio
import contextlib
import errno
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from sandbox.internet.tls import Certificates
from sandbox.scenario.private_files import CannotStartError

LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 1.0


class Worker(Protocol):
    """A part with work of its own, such as the controllers."""

    async def run(self) -> None:
        """Work until cancelled."""


async def serve(
    stack: contextlib.AsyncExitStack, app: web.Application, port: int = 0, certificates: Certificates | None = None
) -> str:
    """Serve an application on loopback, by TLS if there are certificates. Return its URL.

    Port 0 is any free one. Raise CannotStartError for a port that is taken or may not be used.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    context = certificates.server_context() if certificates else None
    try:
        await web.TCPSite(runner, LOOPBACK, port, ssl_context=context).start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be used: {error.strerror}"
        raise CannotStartError(f"Port {port} {reason}.") from error
    return f"{'https' if context else 'http'}://{LOOPBACK}:{runner.addresses[0][1]}"


async def keep_running(stack: contextlib.AsyncExitStack, worker: Worker) -> None:
    """Run a worker in a task of its own."""
    task = asyncio.create_task(worker.run(), name=type(worker).__name__)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def spawner(stack: contextlib.AsyncExitStack) -> Callable[[Awaitable[None]], None]:
    """Return a function that runs work in the background; work that is unfinished at the end is cancelled."""
    tasks: set[asyncio.Future[None]] = set()

    def spawn(work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    stack.push_async_callback(end)
    return spawn
