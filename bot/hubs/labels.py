"""Labels on cards where the bot has several hubs: the hub's name in the title, and in what buttons send back."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, cast

from bot.chat.intercepted import ViewFilter
from bot.chat.platform import Conversation
from cards.times import each
from cards.views import Button, Refresh, Request, Status, View

CARRIED: Final = "hub"
"""The name under which buttons carry the hub's name."""
_TYPED: Final = re.compile(r"/jhub (?!--hub\b)")

Is = Callable[[Conversation], bool]


def labelled(view: View, hub: str, *, spoken: bool) -> View:
    """Return the view with the hub's name before its title, and its buttons leading back to that hub.

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
            return each(part, lambda text: _TYPED.sub(f"/jhub --hub {hub} ", text)) if spoken else part
        case tuple():
            return tuple(_led_back(one, hub, spoken=spoken) for one in part)
        case Button(url=""):
            title = _led_back(part.title, hub, spoken=spoken)
            return replace(part, title=title, data=(*part.data, (CARRIED, hub)))
        case Refresh():
            return replace(part, data=(*part.data, (CARRIED, hub)))
    if not is_dataclass(part):
        return part
    inner = {field.name: _led_back(getattr(part, field.name), hub, spoken=spoken) for field in fields(part)}
    return replace(cast("Any", part), **inner)


def labelling(hub: str, is_meant: Is) -> ViewFilter:
    """Return what labels every view with that hub. `is_meant` tells if it is the one meant in a conversation."""
    return lambda _, view, there: labelled(view, hub, spoken=not is_meant(there))
