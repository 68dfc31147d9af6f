"""Operations that die between two requests and are run again, as the bot does after a crash."""

import contextlib
import functools
import inspect
from dataclasses import dataclass, field

from bot.changes.serialization import dump, load, returned
from commands.framework.command import Renamed
from commands.ports.context import Writes
from commands.ports.hub_tests import HubTesting
from tests.world import Doing


class Died(BaseException):
    """The death of the process."""


@dataclass
class Journal:
    """The results of steps, as JSON, in order."""

    results: list[tuple[str, object]] = field(default_factory=list)


@dataclass
class Fuse:
    """A countdown of moments to the death of the process. A moment is before or after a request that writes."""

    left: int

    def burn(self):
        if self.left == 0:
            raise Died
        self.left -= 1


@dataclass
class Mortal(Doing):
    """An operation that records its steps, goes on after those of the journal, and dies when the fuse is burnt."""

    journal: Journal = field(default_factory=Journal)
    fuse: Fuse = field(default_factory=lambda: Fuse(-1))
    _next: int = 0

    @property
    def writes(self):
        plain = super().writes
        kube, hub, work = (_Watched(part, self.fuse) for part in (plain.kube, plain.hub, plain.work))
        registry, builds = _Watched(plain.registry, self.fuse), _Watched(plain.builds, self.fuse)
        own = {"schedules": plain.schedules, "events": plain.events, "alerts": plain.alerts}
        testing = plain.testing
        accounts, records = _Watched(testing.accounts, self.fuse), _Watched(testing.records, self.fuse)
        own["testing"] = HubTesting(accounts, testing.servers, records)
        own |= {
            name: _Watched(getattr(plain, name), self.fuse)
            for name in ("values", "messages", "freezes", "announcements")
        }
        return Writes(plain.helm, kube, hub, work, registry=registry, builds=builds, **own)

    async def step(self, title, action, *args, **kwargs):
        kind, position = returned(action), self._next
        title, kept = (title.title, title.record) if isinstance(title, Renamed) else (title, title)
        self._next += 1
        if position < len(self.journal.results):
            was, result = self.journal.results[position]
            assert was == kept, "steps come in the same order each time"
            return load(kind, result)
        result = dump(kind, await action(*args, **kwargs))
        self.journal.results.append((kept, result))
        self.titles.append(title)
        return load(kind, result)


class _Watched:
    def __init__(self, part, fuse):
        self._part, self._fuse = part, fuse

    def __getattr__(self, name):
        method = getattr(self._part, name)
        if inspect.isasyncgenfunction(method):
            return method

        @functools.wraps(method)
        async def watched(*args, **kwargs):
            self._fuse.burn()
            result = await method(*args, **kwargs)
            self._fuse.burn()
            return result

        return watched


async def through_crash(apply, plan, world, moments):
    """Run `apply`, let the process die after so many moments, and run it again. Return None if it did not die."""
    journal = Journal()
    with contextlib.suppress(Died):
        await apply(plan, Mortal(world, journal=journal, fuse=Fuse(moments)))
        return None
    return await apply(plan, Mortal(world, journal=journal))
