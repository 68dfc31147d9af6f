"""Kernels of users' servers: each a Python of its own, in a home of its own, which runs what it is sent.

They really run the cells, by the Python that the sandbox has. What the users' image has beside that is there as empty
modules. Everything ends with the kernel; one is reached only with a token that the sandbox's hub gave.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json

# The packages that container/ promises, and that this Python need not have.
PROMISED: Final = ("croissance", "jupyterhub", "nb_conda_kernels")
# Reads cells, a line of JSON each, and answers with what each gave. `home` and `packages` are its arguments.
_PROGRAM: Final = """
import ast, json, os, sys
out = os.fdopen(os.dup(1), "w", buffering=1)
sys.stdout = sys.stderr
sys.path.insert(0, sys.argv[1])
names = {"__name__": "__main__"}
for line in sys.stdin:
    try:
        tree = ast.parse(json.loads(line))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
        told = {} if value is None else {"value": repr(value)}
    except BaseException as error:
        told = {"ename": type(error).__name__, "evalue": str(error)}
    print(json.dumps(told), file=out)
"""


@dataclass
class Troubles:
    """What is wrong with servers, as faults set it: a package is missing, the home or the kernels do not work."""

    missing: str = ""
    home_is_readonly: bool = False
    kernels_hang: bool = False
    is_without_channels: bool = False


@dataclass
class Kernel:
    """One kernel. `owner` is the pod of its server."""

    owner: str
    process: asyncio.subprocess.Process
    hangs: bool
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def run(self, code: str) -> Json:
        """Run a cell and return what it gave: a `value`, an `ename` with its `evalue`, or neither."""
        if self.hangs or self.process.stdin is None or self.process.stdout is None:
            await asyncio.Event().wait()
            raise AssertionError
        self.process.stdin.write(json.dumps(code).encode() + b"\n")
        await self.process.stdin.drain()
        told: Json = json.loads(await self.process.stdout.readline() or b"{}")
        return told


class Kernels:
    """The kernels that run. They end with whatever closes `stack`, or by `end`."""

    def __init__(self, troubles: Troubles) -> None:
        self.troubles = troubles
        self._running: dict[str, tuple[Kernel, contextlib.AsyncExitStack]] = {}

    def find(self, owner: str, kernel: str) -> Kernel | None:
        """Return a server's kernel by its id, None if it has none of that id."""
        found, _ = self._running.get(kernel, (None, None))
        return found if found and found.owner == owner else None

    async def start(self, owner: str) -> Kernel:
        """Start a kernel for the server in the pod `owner`."""
        stack = contextlib.AsyncExitStack()
        kernel = await stack.enter_async_context(_kernel(owner, self.troubles))
        self._running[kernel.id] = kernel, stack
        return kernel

    async def end(self, kernel: str) -> None:
        """End a kernel; one that has ended is passed over."""
        found = self._running.pop(kernel, None)
        if found:
            await found[1].aclose()

    async def close(self) -> None:
        """End all of them."""
        for one in tuple(self._running):
            await self.end(one)


@contextlib.asynccontextmanager
async def _kernel(owner: str, troubles: Troubles) -> AsyncIterator[Kernel]:
    with tempfile.TemporaryDirectory(prefix="jhub-sandbox-kernel-") as name:
        folder = Path(name)
        home, packages = folder / "home", folder / "packages"
        packages.mkdir()
        for module in PROMISED:
            if module != troubles.missing:
                (packages / f"{module}.py").touch()
        if not troubles.home_is_readonly:
            # Where it is not there, whoever writes into it meets an error.
            home.mkdir()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _PROGRAM,
            str(packages),
            cwd=folder,
            env={"HOME": str(home), "PATH": os.defpath},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield Kernel(owner, process, troubles.kernels_hang)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
