"""`/sandbox approve` and `/sandbox reject`: somebody else of the sandbox presses the button on a request's card.

The press goes the way of every press, so permission, audit trail and the card are what they are for real people.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from bot.changes.model import ChangeRequest, State
from bot.chat.intercepted import InterceptedConversation
from bot.chat.platform import Click, Conversation, Listener, Person
from bot.cli.dev.sandbox_process import Inhabitant, SandboxWorld
from bot.hubs.labels import CARRIED
from bot.wiring.hub import HubServices
from cards.views import Notice, Request, Tone, View

_ROLES: Final = ("approver", "admin")
_SHORT: Final = 8
_DONE: Final = {"approve": "approved", "reject": "rejected"}


class NobodyPressedError(Exception):
    """There is nothing to answer, or nobody to answer it. The message and `why` say so."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(what)
        self.why = why


@dataclass(frozen=True)
class PendingRequest:
    """A request that waits for an approval, and the name of the hub that it is about."""

    hub: str
    change: ChangeRequest

    @property
    def short(self) -> str:
        """The beginning of its id, as lists show it."""
        return self.change.id[:_SHORT]


@dataclass(frozen=True)
class SecondPerson:
    """Inhabitants of the sandbox who press buttons on requests. `listener` is the bot's own."""

    listener: Listener
    world: SandboxWorld
    hubs: Mapping[str, HubServices]

    async def requests(self) -> list[PendingRequest]:
        """Return the requests that wait for an approval, the newest first. Raise Unavailable."""
        found = [PendingRequest(name, one) for name, hub in self.hubs.items() for one in await hub.changes.open()]
        asked = [one for one in found if one.change.state is State.WAITING and not one.change.confirm]
        return sorted(asked, key=attrgetter("change.asked"), reverse=True)

    async def press(self, verb: str, place: Conversation, start: str = "", who: str = "") -> tuple[View, bool]:
        """Press "approve" or "reject" on the newest request, or on the one whose id begins with `start`.

        `who` names the person, else it is whoever can. Return what came of it, and True if the answer counts. Raise
        NobodyPressedError, TooMuch, Unavailable.
        """
        request = await self._request(start)
        person = self._person(request.change, who)
        click = Click(
            id=f"sandbox-{secrets.token_hex(8)}",
            sender=Person(person.object_id, self.world.tenant, person.name),
            verb=verb,
            data={"id": request.change.id, "digest": request.change.digest, CARRIED: request.hub},
            # What somebody else sees on pressing is not for whoever listens in here.
            conversation=place.inner if isinstance(place, InterceptedConversation) else place,
            card_id=request.change.card,
        )
        seen = await self.listener.on_click(click)
        now = await self.hubs[request.hub].changes.get(request.change.id) or request.change
        counts = _has_answered(person, now) and not _has_answered(person, request.change)
        return (_counted if counts else _refused)(verb, person, now, seen), counts

    async def _request(self, start: str) -> PendingRequest:
        waiting = await self.requests()
        found = [one for one in waiting if one.change.id.startswith(start)]
        if found:
            return found[0]
        if waiting:
            listed = ", ".join(f"{one.short} ({one.change.title})" for one in waiting)
            raise NobodyPressedError(f"No request “{start}” waits for an approval", f"There is: {listed}.")
        raise NobodyPressedError("Nothing waits for an approval", await self._why_nothing())

    async def _why_nothing(self) -> str:
        """Return a hint at what people may have taken for a request."""
        opened = [one for hub in self.hubs.values() for one in await hub.changes.open()]
        own = [one for one in opened if one.state is State.WAITING and one.confirm]
        if own:
            return f"“{own[-1].title}” needs no second person: its card asks {own[-1].requester.name}, who typed it."
        return "What deletes waits for one, such as “/jhub storage delete emmy.noether@example.org”."

    def _person(self, change: ChangeRequest, who: str) -> Inhabitant:
        """Return the person who is named, permitted or not; else somebody who may answer. Raise NobodyPressedError."""
        if who:
            if (named := self.world.person(who)) is not None:
                return named
            raise NobodyPressedError(f"Nobody here is “{who}”", f"There are: {self.world.listed}.")
        if (free := self.free_for(change)) is not None:
            return free
        raise NobodyPressedError("Nobody is left who can answer", f"{_listed(self._able)} asked or answered already.")

    def free_for(self, change: ChangeRequest) -> Inhabitant | None:
        """Return somebody who may still answer this request, if anybody is left."""
        left = (one for one in self._able if one.object_id != change.requester.object_id)
        return next((one for one in left if not _has_answered(one, change)), None)

    @property
    def _able(self) -> Sequence[Inhabitant]:
        """Inhabitants who may answer requests, the least powerful first."""
        return [person for role in _ROLES for person in self.world.people if person.role == role]


def _has_answered(person: Inhabitant, change: ChangeRequest) -> bool:
    return any(vote.person.object_id == person.object_id for vote in change.votes)


def _counted(verb: str, person: Inhabitant, now: ChangeRequest, _seen: View) -> View:
    title = f"{person.name} {_DONE[verb]} “{now.title}”"
    if now.state is not State.WAITING:
        return Notice(title, "The request's own card shows what happens next.")
    left = now.needed - len(now.approvals)
    return Notice(title, f"It needs {left} more: “/sandbox approve” has somebody else answer.")


def _refused(verb: str, person: Inhabitant, now: ChangeRequest, seen: View) -> View:
    why = seen.note if isinstance(seen, Request) else ""
    title = f"{person.name} could not {verb} “{now.title}”"
    return Notice(title, why or "It was answered in the meantime: see its card.", Tone.WARNING)


def _listed(people: Sequence[Inhabitant]) -> str:
    return " and ".join(person.name for person in people)
