"""A notebook in the test's server: its kernels, a kernel that starts, and cells that it runs."""

import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from clients.errors import NotFound, Rejected, Unavailable
from clients.jupyter import KernelSpecs
from commands.framework.command import Steps
from commands.hubtest.cells import cells
from commands.hubtest.outcome import Stage, sentence
from commands.hubtest.subject import USER, testing
from commands.kubernetes.messages import shown
from commands.ports.hub_tests import Cells, Notebooks

T = TypeVar("T")
_KERNELS: Final = "List of kernels"
_KERNEL: Final = "Kernel start"
_ENTRY: Final = "Way into the server"
_ADDRESS: Final = (
    "The bot uses servers at the public address unless test.url says another: set that if it cannot reach the public "
    "one."
)
_CHANNELS: Final = (
    "If WebSockets do not pass, no user can run a cell either: look at what stands before the hub’s proxy (Ingress, "
    "gateway, firewall)."
)


class _BrokenError(Exception):
    """A stage failed: those after it make no sense."""


class _Stages:
    """The stages so far."""

    def __init__(self, do: Steps) -> None:
        self.done: list[Stage] = []
        self._do = do

    async def run(
        self, title: str, action: Callable[[], Awaitable[T]], problem: Callable[[T], str], way: str = ""
    ) -> T:
        """Run one and take its time. Raise _BrokenError if it fails or something is wrong with what it gave.

        `way` is what may be the matter then, and what to do: a sentence or two.
        """
        self._do.tell(f"{title} …")
        began = time.monotonic()
        try:
            result = await action()
        except (Unavailable, Rejected, NotFound) as error:
            self._end(title, began, sentence(error), way)
            raise _BrokenError from error
        said = shown(problem(result)).rstrip(".")
        self._end(title, began, f"{said[:1].upper()}{said[1:]}." if said else "", way)
        if said:
            raise _BrokenError
        return result

    def _end(self, title: str, began: float, problem: str, way: str) -> None:
        told = f"{problem} {way}".rstrip() if problem else ""
        self.done.append(Stage(title, time.monotonic() - began, told))


async def notebook(packages: Sequence[str], do: Steps) -> tuple[Stage, ...]:
    """Run the cells, and return the stages, the last one with a problem if something does not work."""
    stages = _Stages(do)
    with contextlib.suppress(_BrokenError):
        await _run(stages, packages, do)
    return tuple(stages.done)


async def _run(stages: _Stages, packages: Sequence[str], do: Steps) -> None:
    servers = testing(do).servers
    async with contextlib.AsyncExitStack() as stack:
        server: Notebooks = await stages.run(_ENTRY, lambda: stack.enter_async_context(servers.of(USER)), _nothing)
        specs = await stages.run(_KERNELS, server.kernel_specs, _without_python, _ADDRESS)
        enter = server.kernel(specs.python)
        kernel: Cells = await stages.run(_KERNEL, lambda: stack.enter_async_context(enter), _nothing, _CHANNELS)
        for cell in cells(packages, secrets.token_hex(4)):
            await stages.run(cell.title, partial(kernel.execute, cell.code), cell.problem, cell.way)


def _nothing(_: object) -> str:
    return ""


def _without_python(specs: KernelSpecs) -> str:
    if specs.python:
        return ""
    names = ", ".join(specs.languages) or "none at all"
    return f"none of the kernels that it offers is for Python ({names})"
