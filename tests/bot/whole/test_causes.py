"""What is broken in the sandbox, explained to who asks: through the whole bot, as a card."""

import asyncio

import pytest

from bot.chat.intercepted import ViewEvent
from bot.instrumentation.outcomes import Outcome
from cards.views import Notice, Tone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

# What is broken, how, and what `/jhub why` says of somebody whom it hits.
_BROKEN = (
    ("home", "full", "Their home is full.", "No space left on device"),
    ("home", "zone", "zone of its disk", "A new node would not be in the zone of its disk."),
    ("starts", "webhook", "validate.kyverno.svc-fail", "does not answer in time"),
    ("starts", "hook", "The hub failed to start it.", "'NoneType' object has no attribute 'get'"),
)
_WITHIN = 90.0
# Whoever asks more often is asked to slow down.
_APART = 3.0


async def _asked(heard, line):
    world, views = heard
    views.clear()
    assert await world.command(world.person("operator"), line) is not Outcome.BUG
    said = [view for kind, view in views if kind is not ViewEvent.UPDATED]
    return next(view for view in said if not (isinstance(view, Notice) and view.tone is Tone.WORKING and not view.text))


@pytest.mark.parametrize(("what", "how", "words", "more"), _BROKEN, ids=[f"{one[0]}-{one[1]}" for one in _BROKEN])
async def test_who_asks_why_is_told_what_is_broken(heard, what, how, words, more):
    broken = await _asked(heard, f"/sandbox break {what} {how}")
    touched = next(fact.value for part in broken.sections for fact in getattr(part, "facts", ()) if "@" in fact.value)
    # The last one failed just now: of the first, what was broken before may have been said since.
    who, card = touched.split(", ")[-1], None
    async with asyncio.timeout(_WITHIN):
        while card is None or words not in card.text or more not in card.text:
            card = await _asked(heard, f"/jhub why {who}")
            await asyncio.sleep(_APART)
    assert card.tone in (Tone.BAD, Tone.WARNING)
    await _asked(heard, f"/sandbox heal {what}")


async def test_a_server_that_is_held_ends_once_it_is_let_go(heard):
    broken = await _asked(heard, "/sandbox break ending finalizer")
    touched = next(fact.value for part in broken.sections for fact in getattr(part, "facts", ()) if "@" in fact.value)
    assert "stopping" in (await _asked(heard, f"/jhub why {touched}")).text
    await _asked(heard, "/sandbox heal ending")
    async with asyncio.timeout(_WITHIN):
        while "stopping" in (await _asked(heard, f"/jhub why {touched}")).text:
            await asyncio.sleep(_APART)
