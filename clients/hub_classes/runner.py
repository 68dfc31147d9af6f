"""The child process in which JupyterHub's classes are loaded: its Python, its limits, and a cache of its answers."""

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from clients.errors import Unavailable
from clients.hub_classes.judgement import MOST_ANSWER, Judgement, read_answer, versions_in_words
from clients.instrumentation import FAILED, UNANSWERED, call

NAME: Final = "JupyterHub's own classes"
_CHILD: Final = Path(__file__).with_name("child.py")
# The image has them beside the bot's own environment (Dockerfile).
BESIDE: Final = Path("hub-classes", "bin", "python")
_NEEDED: Final = ("jupyterhub", "kubespawner", "oauthenticator")
# It loads in 3 s; a busy machine takes several times that.
PATIENCE: Final = 60.0
_MOST_REQUEST: Final = 4 * 1024 * 1024
_MOST_KEPT: Final = 16
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
Config = Mapping[str, Mapping[str, object]]


class HubClasses:
    """JupyterHub's own classes, in as many versions as there are Pythons that have them.

    Without any given, it is the Python of the image, or this one if it has them. Nothing is started before the first
    question, one child runs at a time, and the same question is answered once.
    """

    def __init__(self, pythons: Sequence[Path] = (), *, patience: float = PATIENCE) -> None:
        self._pythons = tuple(pythons)
        self._patience = patience
        self._versions: dict[Path, Mapping[str, str]] = {}
        self._kept: dict[bytes, Judgement] = {}
        self._turn = asyncio.Lock()

    async def judged(self, configs: Sequence[Config], hub_version: str) -> Judgement:
        """Return what the classes of that version of JupyterHub, or of one that is near, say of each configuration.

        Secrets have to be replaced before. Raise Unavailable if there are no such classes or they do not answer.
        """
        async with self._turn:
            python = await self._python(hub_version)
            request = orjson.dumps({"configs": configs})
            key = hashlib.sha256(b"%s %s" % (os.fsencode(python), request)).digest()
            if key not in self._kept:
                answer = await self._answer(python, request, len(configs))
                while len(self._kept) >= _MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = answer
            return self._kept[key]

    async def _python(self, hub_version: str) -> Path:
        """Return the Python whose JupyterHub is nearest, of the same major version. Raise Unavailable."""
        pythons = self._pythons or tuple(_found())
        if not pythons:
            raise Unavailable(NAME, "are not installed here (hub_classes.pythons)")
        for python in pythons:
            if python not in self._versions:
                self._versions[python] = (await self._answer(python, b"{}", 0)).versions
        wanted = _numbers(hub_version)
        hubs = {python: _numbers(self._versions[python].get("jupyterhub", "")) for python in pythons}
        fitting = [python for python, one in hubs.items() if one[:1] == wanted[:1] and wanted]
        if not fitting:
            here = "; ".join(versions_in_words(self._versions[one]) or "none" for one in pythons)
            raise Unavailable(NAME, f"are here in other versions ({here}) than JupyterHub {hub_version or 'unknown'}")
        return min(fitting, key=lambda one: abs(hubs[one][1] - wanted[1]))

    async def _answer(self, python: Path, request: bytes, count: int) -> Judgement:
        if len(request) > _MOST_REQUEST:
            raise Unavailable(NAME, "were not asked: the values are too large")
        with call("hub-classes", "check") as made:
            try:
                async with asyncio.timeout(self._patience):
                    text = await _run(python, request)
                return read_answer(text, count)
            except TimeoutError:
                made.code = UNANSWERED
                raise Unavailable(NAME, f"did not answer within {self._patience:.0f} s") from None
            except OSError:
                made.code = FAILED
                raise Unavailable(NAME, f"cannot be loaded: {python} does not start") from None
            except (ValueError, TypeError, LookupError):
                made.code = FAILED
                raise Unavailable(NAME, f"cannot be loaded with {python}") from None


def _found() -> list[Path]:
    """Return the Python that has the classes: the image's, else this one."""
    beside = Path(sys.prefix).parent / BESIDE
    if beside.exists():
        return [beside]
    return [Path(sys.executable)] if all(importlib.util.find_spec(one) for one in _NEEDED) else []


async def _run(python: Path, request: bytes) -> bytes:
    """Return what the child writes, in a process group of its own that ends with this call, however it ends."""
    child = await asyncio.create_subprocess_exec(
        python,
        *("-I", "-B", "-X", "utf8", os.fspath(_CHILD)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    try:
        return await _exchanged(child, request)
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def _exchanged(child: asyncio.subprocess.Process, request: bytes) -> bytes:
    """Write the request and read the answer. Raise ValueError for one that is too long."""
    if child.stdin is None or child.stdout is None:
        raise ValueError("no pipes")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(request)
        await child.stdin.drain()
    child.stdin.close()
    answer = bytearray()
    while part := await child.stdout.read(64 * 1024):
        answer += part
        if len(answer) > MOST_ANSWER:
            raise ValueError("too long an answer")
    return bytes(answer)


def _numbers(version: str) -> tuple[int, ...]:
    """Return major and minor version; nothing for what is no version."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    return (int(found[1]), int(found[2])) if found else ()
