"""The start of the test's server: asked for once, followed by the hub's own account of it, given up where hopeless.

The hub says at once when the server is ready, so that the test takes no longer than the start. Meanwhile it is looked
why it takes long, by the same tables as in `/jhub why`.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cards.views import Tone
from clients.errors import Rejected, Unavailable
from commands.diagnostics.server_verdict import ServerVerdict
from commands.diagnostics.why import examined
from commands.framework.argument_types import UserName
from commands.framework.command import Steps
from commands.hubtest.outcome import Advice
from commands.hubtest.subject import USER, HubTest, account, testing
from commands.kubernetes.components import servers
from commands.kubernetes.messages import shown
from commands.ports.context import Reads

LIMIT: Final = 360.0
"""How long a start may take, in seconds: a new node and a large image; 2i2c's deployer waits as long."""
# A cause that does not pass by itself is believed when it has lasted for so many seconds.
_HOPELESS: Final = 120.0
# Each look asks for all of the hub's users.
_LOOK: Final = 10.0
_AGAIN: Final = 1.0


@dataclass(frozen=True)
class Start:
    """A start: how long it took in seconds, and why the server is not ready; `problem` is empty if it is."""

    seconds: float
    problem: str = ""
    advice: tuple[Advice, ...] = ()


async def start(test: HubTest, began: datetime, do: Steps) -> Start:
    """Start the server and wait until it is ready. `began` is when the user was made, from when the limit counts."""
    following = _Following(began, do)
    try:
        if not await testing(do).accounts.start(USER, test.options):
            problem, advice = await following.result()
            if problem:
                return Start(following.waited, problem, advice)
    except Rejected as error:
        return Start(following.waited, *await _refused(error, do))
    seconds = following.waited
    return Start(seconds, await _other_image(test, do.reads))


async def _refused(error: Rejected, do: Steps) -> tuple[str, tuple[Advice, ...]]:
    """Return why a start failed at once: the hub's log has it where the hub itself does not say."""
    verdict = await _verdict(do)
    if verdict is None or verdict.tone is not Tone.BAD:
        return str(error), ()
    return verdict.words, _advice(verdict)


async def _other_image(test: HubTest, reads: Reads) -> str:
    if not test.image:
        return ""
    pods = [one for one in servers(await reads.kube.pods()) if one.user == USER]
    if not pods or any(test.image in (image, image.partition("@")[0]) for image in pods[0].images):
        return ""
    return (
        f"The hub started it with {', '.join(pods[0].images)} instead of {test.image}, so this shows nothing of that."
    )


class _Following:
    """A start that is waited for: until it is ready, has failed, is hopeless or late, or somebody asks to stop."""

    def __init__(self, began: datetime, do: Steps) -> None:
        self._do = do
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock() - max(0.0, (do.now() - began).total_seconds())
        self._said = ""
        self._bad_since: float | None = None
        self._over = asyncio.Event()

    @property
    def waited(self) -> float:
        """How long the start has taken so far, in seconds."""
        return self._clock() - self._since

    async def result(self) -> tuple[str, tuple[Advice, ...]]:
        """Return why the server is not ready, and what helps; an empty text once it is ready."""
        waits = [asyncio.create_task(one) for one in (self._told(), self._hopeless(), self._do.stopped())]
        told, hopeless, stopped = waits
        try:
            left = max(0.0, LIMIT - self.waited)
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if told.done() and await told:
                return "", ()
            if stopped.done():
                return "Somebody asked to stop the test.", ()
            if hopeless.done():
                await hopeless
            return await self._why(is_late=not (told.done() or hopeless.done()))
        finally:
            # A look that has begun is not cut short: what it asks at once would be left in the middle.
            self._over.set()
            for one in (told, stopped):
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _told(self) -> bool:
        """Return True once the hub says that the server is ready, False once it says that the start has failed."""
        while True:
            with contextlib.suppress(Unavailable):
                if (ended := await self._stream()) is not None:
                    return ended
                known = await account(self._do.reads)
                if known is None or not known.servers:
                    return False
                if known.servers[0].ready:
                    return True
            await asyncio.sleep(_AGAIN)

    async def _stream(self) -> bool | None:
        """Follow the hub's account of the start. Return None where it ends before the start does."""
        async for event in testing(self._do).accounts.progress(USER, LIMIT):
            if event.ready or event.failed:
                return event.ready
            # KubeSpawner passes on what events of the pod say.
            self._said = shown(event.message)
            self._do.tell(*filter(None, (self._said,)))
        return None

    async def _hopeless(self) -> None:
        """Return once the server is in trouble that has not passed for a while, or nobody waits any more."""
        while not await self._rest():
            verdict = await _verdict(self._do)
            if verdict is None:
                continue
            if verdict.is_final:
                return
            if verdict.pod is not None and verdict.tone in (Tone.BAD, Tone.WARNING):
                self._do.tell(*filter(None, (self._said, verdict.words)))
            if verdict.pod is None or verdict.tone is not Tone.BAD:
                self._bad_since = None
                continue
            self._bad_since = self._bad_since or self._clock()
            if self._clock() - self._bad_since >= _HOPELESS:
                return

    async def _rest(self) -> bool:
        """Wait until the next look. Return True if there is to be none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await self._over.wait()
        return self._over.is_set()

    async def _why(self, *, is_late: bool) -> tuple[str, tuple[Advice, ...]]:
        late = f"It was not ready within {LIMIT:.0f} s. " if is_late else ""
        verdict = await _verdict(self._do)
        if verdict is None or verdict.tone is Tone.GOOD:
            return f"{late}The cluster and the hub do not say why.", (_LOG,)
        return f"{late}{verdict.words}", _advice(verdict)


_LOG: Final = Advice("Show the hub’s log", "/jhub logs hub")


def _advice(verdict: ServerVerdict) -> tuple[Advice, ...]:
    """Return the safe next steps, but those for the server itself: it is removed by then."""
    return tuple(Advice(one.title, one.line) for one in verdict.steps if USER not in one.line)


async def _verdict(do: Steps) -> ServerVerdict | None:
    """Return what `/jhub why` says of the test's server now; None if nothing can be known."""
    with contextlib.suppress(Unavailable):
        _, found, _ = await examined(UserName(USER), replace(do.reads, now=do.now()))
        return found[0]
    return None
