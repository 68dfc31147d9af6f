"""What commands see of the bot's own changes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.changes.model import ChangeRequest, State
from bot.changes.queries import ChangeQueries
from bot.chat.platform import Person
from commands.requests import operations

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Kept:
    """The changes on record."""

    changes: list = field(default_factory=list)

    async def open(self):
        return [one for one in self.changes if one.state is not State.ENDED]

    async def ended(self, limit):
        return [one for one in self.changes if one.state is State.ENDED][:limit]


def change(number, state):
    return ChangeRequest(
        id=f"{number:016x}",
        line="/jhub deploy 7c1d2e9",
        command="deploy",
        requester=Person("id-olu", "t", "Olu"),
        place="p",
        conversation="c",
        message="m",
        card="",
        state=state,
        outcome="rejected" if state in (State.CLOSING, State.ENDED) else "",
        title="Deploy 7c1d2e9",
        plan="",
        digest="",
        needed=1,
        confirm=False,
        exclusive=True,
        reason="",
        emergency=False,
        asked=NOW,
        changed=NOW,
        expires=None,
        ticket=None,
        step="",
        stopped_by="",
        final="",
        schedule="",
        votes=(),
    )


@pytest.mark.parametrize("state", State)
async def test_a_change_in_any_state_is_listed_once(state):
    work = ChangeQueries(Kept([change(1, state), change(2, State.RUNNING)]), stopper=None)
    going, ended = await work.open(), await work.ended()
    assert sorted(one.id[-1] for one in (*going, *ended)) == ["1", "2"]
    view = await operations.run(operations.Args(), SimpleNamespace(work=work, now=NOW))
    assert sum(len(one.rows) for one in view.sections if hasattr(one, "rows")) == 2


async def test_what_is_being_closed_cannot_be_stopped_any_more():
    work = ChangeQueries(Kept([change(1, State.CLOSING)]), stopper=None)
    assert await work.find("0") == []
