"""How a card says whose it is, where the bot has several hubs: by its title, and in what its buttons send back."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, cast

from bot.chat import Conversation, Posted
from cards.views import Button, Refresh, Request, Status, View

CARRIED: Final = "hub"
"""What buttons carry the hub's name as."""
_TYPED: Final = re.compile(r"/jhub (?!--hub\b)")

Is = Callable[[Conversation], bool]


def labelled(view: View, hub: str, *, spoken: bool) -> View:
    """The view with the hub's name before its title, its buttons leading back to that hub.

    `spoken`: what it says to type names the hub as well, because another one is meant where it is shown.
    """
    return _titled(cast("View", _led_back(view, hub, spoken=spoken)), hub)


def _titled(view: View, hub: str) -> View:
    match view:
        case Status():
            return replace(view, headline=f"{hub} · {view.headline}")
        case Request():
            return replace(view, plan=replace(view.plan, title=f"{hub} · {view.plan.title}"))
    return replace(view, title=f"{hub} · {view.title}")


def _led_back(part: Any, hub: str, *, spoken: bool) -> Any:  # noqa: ANN401 - any part of a view
    match part:
        case str():
            return _TYPED.sub(f"/jhub --hub {hub} ", part) if spoken else part
        case tuple():
            return tuple(_led_back(one, hub, spoken=spoken) for one in part)
        case Button(url="") | Refresh():
            return replace(part, data=(*part.data, (CARRIED, hub)))
    if not is_dataclass(part):
        return part
    inner = {field.name: _led_back(getattr(part, field.name), hub, spoken=spoken) for field in fields(part)}
    return replace(cast("Any", part), **inner)


@dataclass(frozen=True)
class Labelled:
    """A conversation in which everything posted is a hub's. `is_meant` says whether that hub is the one meant there."""

    inner: Conversation
    hub: str
    is_meant: Is

    @property
    def id(self) -> str:
        """As of the conversation itself; so is the address."""
        return self.inner.id

    @property
    def address(self) -> str:
        """What finds the conversation again."""
        return self.inner.address

    async def post(self, view: View) -> Posted:
        """Post a card of this hub."""
        return _Card(await self.inner.post(self.shown(view)), self)

    def card(self, card_id: str) -> Posted:
        """A card of this hub that was posted before."""
        return _Card(self.inner.card(card_id), self)

    @property
    def own(self) -> Conversation:
        """Where the bot says what nobody asked for."""
        return replace(self, inner=self.inner.own)

    @property
    def open(self) -> Conversation:
        """Where all can read."""
        return replace(self, inner=self.inner.open)

    def below(self, card_id: str) -> Conversation:
        """Where a card is answered."""
        return replace(self, inner=self.inner.below(card_id))

    def shown(self, view: View) -> View:
        """The view as it is shown here."""
        return labelled(view, self.hub, spoken=not self.is_meant(self.inner))


@dataclass(frozen=True)
class _Card:
    inner: Posted
    place: Labelled

    @property
    def id(self) -> str:
        return self.inner.id

    @property
    def is_banished(self) -> bool:
        return self.inner.is_banished

    def update(self, view: View) -> None:
        self.inner.update(self.place.shown(view))

    async def finish(self, view: View) -> None:
        await self.inner.finish(self.place.shown(view))
