"""Nobody destroys alone, whatever the command is called: what a plan does decides who has to agree. Here by a house."""

import pytest
from pydantic import ValidationError

from bot.config.access import ApprovalSettings
from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.instrumentation.outcomes import Outcome
from cards.views import Plan, Request
from tests.bot.house import Bench
from tests.bot.people import ABE, ADA, OLU

RULES = {"stops_everybody": {"approvals": 1, "by": "admin", "reason": True, "emergency": False}}


def ruled(database, **effects):
    return Bench(database, settings=ApprovalSettings.model_validate({"effects": effects}))


async def test_the_same_command_asks_one_or_two_by_what_it_would_do(bench):
    await bench.type(OLU, "mend door")
    assert isinstance(bench.room.shown, Plan)
    assert bench.room.shown.effects == ()
    await bench.press(OLU, "Cancel")
    await bench.type(OLU, "mend roof")
    shown = bench.room.shown
    assert isinstance(shown, Request)
    assert (shown.plan.effects, shown.needed) == (("Stops everybody’s work – It rains in.",), 1)


async def test_an_effect_may_be_left_to_one_person_where_that_is_configured(database):
    bench = ruled(database, stops_everybody={"approvals": 0})
    await bench.type(OLU, "mend roof")
    assert isinstance(bench.room.shown, Plan)
    assert bench.room.shown.effects == ("Stops everybody’s work – It rains in.",)


async def test_a_reason_may_be_asked_for_by_effect(database):
    bench = ruled(database, **RULES)
    await bench.type(OLU, "mend roof")
    assert "needs a reason" in bench.room.shown.title


async def test_an_effect_may_be_for_admins_alone_to_approve(database):
    bench = ruled(database, **RULES)
    bench.house.may_dry.set()
    await bench.type(OLU, 'mend roof --reason "storm"')
    refused = await bench.decide(ABE, "approve")
    assert "admin" in refused.note
    assert bench.house.painted == []
    await bench.decide(ADA, "approve")
    await bench.settle()
    assert bench.outcomes[-1] is Outcome.DONE


@pytest.mark.parametrize(("line", "said"), [("tear door", "deletes data"), ("mend roof", "stops everybody")])
async def test_no_emergency_goes_past_an_effect_that_allows_none(database, line, said):
    bench = ruled(database, **RULES)
    await bench.type(ADA, f'{line} --emergency "flood"')
    assert "Even in an emergency, nobody can do that alone" in bench.room.shown.title
    assert said in bench.room.shown.title
    assert bench.house.painted == []


async def test_an_effect_that_is_there_only_after_the_yes_is_asked_about(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "mend attic")
    assert isinstance(bench.room.shown, Plan)
    bench.house.onlookers = 1
    await bench.press(OLU, "Mend")
    await bench.until(lambda room: isinstance(room.shown, Request))
    assert bench.room.shown.plan.effects == ("Stops everybody’s work – Somebody lives there.",)
    assert bench.house.painted == []


@pytest.mark.parametrize("name", ["deletes_data", "runs_code", "changes_access"])
@pytest.mark.parametrize("rule", [{"approvals": 0}, {"emergency": True}])
def test_what_nobody_may_do_alone_cannot_be_configured_away(name, rule):
    with pytest.raises((ConfigError, ValidationError)):
        settings_from({"approvals": {"effects": {name: rule}}})
