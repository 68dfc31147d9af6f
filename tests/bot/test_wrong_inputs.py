"""Forty things that people type and that are no command as they stand, and what they are answered, word for word.

`UPDATE_GOLDEN=1 pytest tests/bot/test_wrong_inputs.py` writes the answers anew; read them aloud.
"""

import os
import re
from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.intercepted import ViewEvent
from bot.cli.dev.card_actions import actions
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from cards import text
from cards.views import Notice, Tone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_GOLDEN = Path(__file__).parent / "golden" / "wrong_inputs.txt"

# Who types it, and what.
INPUTS = (
    ("operator", ""),
    ("operator", "hi"),
    ("viewer", "Good morning!"),
    ("approver", "guten Morgen"),
    ("nobody", "hej"),
    ("operator", "?"),
    ("operator", "help"),
    ("viewer", "thanks!"),
    ("operator", "/jhub stauts"),
    ("operator", "/jhub stop mei.chen@example.org"),
    ("viewer", "/jhub stop mei.chen@example.org"),
    ("operator", "/jhub restart mei.chen@example.org"),
    ("operator", "/jhub delete mei.chen@example.org"),
    ("operator", "/jhub storage delte mei.chen@example.org"),
    ("operator", "/jhub remove the home of mei.chen@example.org"),
    ("operator", "/jhub undeploy"),
    ("operator", "/jhub resize users 5"),
    ("viewer", "/jhub who am i"),
    ("operator", "/jhub please show me the users"),
    ("operator", "/jhub certificate"),
    ("operator", "/jhub log hub"),
    ("operator", "/jhub qwertz"),
    ("operator", "/jhub storage"),
    ("viewer", "/jhub pool"),
    ("operator", "/jhub storage foo"),
    ("operator", "/jhub alerts foo"),
    ("operator", "/jhub why"),
    ("operator", "/jhub why alex"),
    ("operator", "/jhub why mei@chen@example.org"),
    ("operator", "/jhub why nobody.here@example.org"),
    ("operator", "/jhub cancel xyz"),
    ("operator", "/jhub autoscale 1 5 users"),
    ("operator", "/jhub autoscale users 6 1"),
    ("operator", "/jhub scale many"),
    ("operator", "/jhub logs hub --since yesterday"),
    ("operator", "/jhub logs hub --lines 0"),
    ("operator", "/jhub deploy 7c1d2e9 --dryrun"),
    ("operator", "/jhub deploy 7c1d2e9 --timeout"),
    ("operator", "/jhub deploy --set image=x"),
    ("operator", "/jhub deploy --chart latest"),
    ("operator", "/jhub storage delete mei.chen@example.org --nosnapshot"),
    ("operator", "/jhub users active"),
    ("operator", "/jhub users --active --active"),
    ("operator", '/jhub status --reason "I am curious"'),
    ("operator", "/jhub schedule add 0 19 * * 1-5 scale 0"),
    ("operator", '/jhub schedule add "* * * *" scale 0'),
    ("operator", '/jhub schedule add "*/5 * * * *" scale 0'),
    ("operator", '/jhub scale 3 --reason "too slow'),
    ("operator", f"/jhub deploy {'a' * 1_000}"),
    ("operator", "<b>deploy</b> <script>alert(1)</script>"),
    ("operator", "/jhub help storge"),
    ("operator", "/jhub config set hub.db.password hunter2"),
    ("viewer", "/jhub deploy 7c1d2e9"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard():
    """A world, and the views that are shown in it."""
    views = []
    async with trial(on_view=lambda said, view: views.append((said, view))) as started:
        yield started, views


async def _answered(heard, who, line):
    world, views = heard
    views.clear()
    outcome = await world.command(world.person(who), line)
    assert outcome is not Outcome.BUG, line
    said = [view for kind, view in views if kind is not ViewEvent.UPDATED and not _passes(view)]
    assert len(said) == 1, line
    return text.render(said[0])


def _passes(view):
    return isinstance(view, Notice) and view.tone is Tone.WORKING


async def test_every_wrong_input_gets_the_answer_that_was_read_and_found_good(heard):
    shown = []
    for who, line in INPUTS:
        typed = re.sub(r"a{100,}", "aaa… (1,000 times)", line)
        shown.append(f"{who}> {typed}\n\n{await _answered(heard, who, line)}\n")
    now = f"\n{'─' * 100}\n".join(shown)
    if os.environ.get("UPDATE_GOLDEN"):
        _GOLDEN.write_text(now, "utf-8")
    assert now == _GOLDEN.read_text("utf-8")


async def test_a_suggestion_is_a_button_that_types_it(heard):
    world, _ = heard
    operator = world.person("operator")
    await world.command(operator, "/jhub stauts")
    *_, (card, activity) = world.teams.activities.items()
    (button,) = [one for one in actions(activity) if one["title"] == "/jhub status"]
    await world.teams.click(operator, card, button)
    await world._settled()
    *_, activity = world.teams.activities.values()
    assert "Everything is healthy" in str(activity)


async def test_help_is_leafed_through_on_its_own_card(heard):
    world, _ = heard
    viewer = world.person("viewer")
    await world.command(viewer, "/jhub help")
    *_, (card, activity) = world.teams.activities.items()
    before = len(world.teams.activities)
    for title, heading in (
        ("Storage", "Look after"),
        ("delete", "Delete a user"),
        ("All topics", "What you can type"),
    ):
        (button,) = [one for one in actions(activity) if one["title"] == title]
        answer = await world.teams.click(viewer, card, button)
        activity = {"attachments": [{"content": answer["value"]}]}
        assert heading in str(answer["value"])
    assert len(world.teams.activities) == before


async def test_nothing_that_destroys_is_offered_on_a_guess(heard):
    world, _ = heard
    for line in (
        "/jhub delete mei.chen@example.org",
        "/jhub home mei.chen@example.org",
        "/jhub fix mei.chen@example.org",
    ):
        await world.command(world.person("operator"), line)
        *_, activity = world.teams.activities.values()
        assert "There is no command" in str(activity)
        lines = [one["data"].get("line", "") for one in actions(activity)]
        assert not [one for one in lines if one.startswith(("/jhub storage delete", "/jhub repair"))], line


async def test_a_line_that_looks_like_a_secret_is_never_said_again(heard):
    world, _ = heard
    await world.command(world.person("operator"), "/jhub cofnig set hub.config.x.client_secret hunter2hunter2")
    *_, activity = world.teams.activities.values()
    assert "hunter2" not in str(activity)
