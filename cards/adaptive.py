"""Views as Adaptive Cards for Teams.

Version 1.5, which `Action.Execute` needs; newer elements carry a `fallback`. A card never exceeds what Teams
delivers: it is cut level by level (`limits.LEVELS`): rows, items and long texts first, then whole sections. Title,
headline and buttons always stay.
"""

import json
from functools import lru_cache

from cards import schema as ac
from cards.bodies import body
from cards.elements import actions
from cards.escaping import markdown
from cards.limits import LEVELS, Limits
from cards.text import summary
from cards.views import Help, Notice, Refresh, Request, View

# Other ways into Teams than a bot's message stop at 28 KB; a thousand is kept for what wraps the card.
MAX_CHARACTERS = 27_000
# Teams refuses about 100 KB counted as UTF-16 and advises 80.
MAX_UTF16_BYTES = 79_000
# Teams lets so many people have their own view of a card.
MOST_PEOPLE = 60


def render(view: View) -> dict[str, object]:
    """Return the card of `view` as JSON values, ready to be an attachment's content.

    At most MAX_CHARACTERS of compact JSON and MAX_UTF16_BYTES as UTF-16. A button comes back as an invoke whose
    `value.action` has its `verb` and, as `data`, a mapping of its `data`, both unchanged. The card may be shared and
    must not be changed. Raise ValueError when the buttons alone are too large, for their data is never cut.
    """
    return _known(view) if isinstance(view, Help) else _fitting(view)


# The longest card of all, the same for everybody of a level, and what people ask for first.
@lru_cache(maxsize=32)
def _known(view: Help) -> dict[str, object]:
    return _fitting(view)


def _fitting(view: View) -> dict[str, object]:
    for limits in LEVELS:
        card = _card(view, limits)
        if _fits(card):
            return card
    raise ValueError("the buttons' data is too large for a card")


def size(view: View) -> int:
    """Return the length of the card of `view` as JSON, uncut; a character of two UTF-16 units counts twice."""
    return len(_json(_card(view, LEVELS[0])).encode("utf-16-le", "surrogatepass")) // 2


def _card(view: View, limits: Limits) -> dict[str, object]:
    card = ac.AdaptiveCard(
        version="1.5",
        fallback_text=markdown(summary(view)),
        msteams=ac.TeamsCardProperties(width="full"),
        body=body(view, limits),
        actions=actions(view.buttons, limits),
        refresh=_refresh(view.refresh) if isinstance(view, Notice | Request) and view.refresh else None,
    )
    return ac.as_json(card)


def _refresh(asked: Refresh) -> ac.RefreshDefinition:
    action = ac.ExecuteAction(verb=asked.verb, data=dict(asked.data))
    return ac.RefreshDefinition(action=action, user_ids=list(asked.people[:MOST_PEOPLE]) or None)


def _fits(card: dict[str, object]) -> bool:
    text = _json(card)
    return len(text) <= MAX_CHARACTERS and len(text.encode("utf-16-le", "surrogatepass")) <= MAX_UTF16_BYTES


def _json(card: dict[str, object]) -> str:
    return json.dumps(card, ensure_ascii=False, separators=(",", ":"))
