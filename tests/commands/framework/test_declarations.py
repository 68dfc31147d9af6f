"""Every command there is, held to what help, parser and plans need of it."""

import dataclasses

import pytest

from bot.config.access import EffectRules, GraveRule
from commands.framework.command import Change, Level
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest, incidental
from commands.framework.registry import catalogue
from commands.framework.usage import example, parameters, usage

COMMANDS = [pytest.param(command, id=command.name) for command in catalogue()]


def test_the_names_are_unique_and_lower_case():
    names = [command.name for command in catalogue()]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_parses_to_the_command(command):
    assert parse(example(command), catalogue()).command is command


@pytest.mark.parametrize("command", COMMANDS)
def test_the_summary_is_one_sentence(command):
    assert command.summary.endswith(".")
    assert len(command.summary) <= 80
    assert usage(command).startswith(f"/jhub {command.name}")


@pytest.mark.parametrize("command", COMMANDS)
def test_arguments_are_explained(command):
    assert dataclasses.is_dataclass(command.args)
    assert all(parameter.spec.help for parameter in parameters(command.args))


@pytest.mark.parametrize("command", [p for p in COMMANDS if isinstance(p.values[0], Change)])
def test_the_button_that_confirms_a_change_says_what_pressing_it_does(command):
    assert command.button[:1].isupper()
    assert len(command.button) <= 25
    assert command.button.split()[0] not in {"Confirm", "Decide", "OK", "Yes"}


@pytest.mark.parametrize("command", [p for p in COMMANDS if isinstance(p.values[0], Change)])
def test_a_change_needs_an_operator_at_least(command):
    # But for what concerns only the one who asks: see what its plan is made from.
    asks_an_operator = bool(command.approvals) and command.approved_by >= Level.OPERATOR
    assert command.level >= Level.OPERATOR or asks_an_operator or command.name == "server refresh"


@dataclasses.dataclass(frozen=True)
class _Plan:
    target: str
    sizes: dict[str, int]
    servers: int = dataclasses.field(default=0, metadata=incidental())


def test_the_digest_covers_what_binds_and_nothing_else():
    plan = _Plan("a", {"x": 1}, servers=3)
    same = digest("deploy", "ann", dataclasses.replace(plan, servers=4))
    assert digest("deploy", "ann", plan) == same
    others = [
        digest("deploy", "bob", plan),
        digest("scale", "ann", plan),
        digest("deploy", "ann", dataclasses.replace(plan, target="b")),
        digest("deploy", "ann", dataclasses.replace(plan, sizes={"x": 2})),
    ]
    assert len({same, *others}) == 5


def test_a_plan_with_something_that_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="object"):
        digest("deploy", "ann", dataclasses.replace(_Plan("a", {}), target=object()))


_GRAVE = {name for name, rule in EffectRules.model_fields.items() if rule.annotation is GraveRule}


@pytest.mark.parametrize("command", [p for p in COMMANDS if isinstance(p.values[0], Change)])
def test_no_emergency_is_offered_for_what_none_may_ever_do(command):
    if _GRAVE & {one.value for one in command.effects.always}:
        assert not command.in_emergencies
        with pytest.raises(UserError, match="nobody does it alone"):
            parse(f'{example(command)} --emergency "fire"', catalogue())


def test_some_effects_are_grave():
    assert "deletes_data" in _GRAVE
