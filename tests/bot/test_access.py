"""Who may do what: by object id alone."""

import pytest

from bot.access import Access
from bot.chat import Person
from bot.config import AccessSettings, Member
from commands.spec import Level
from tests.bot.people import ADA, NOBODY, OLU, TENANT, VERA, access

MIXED = "ABCDEF00-aaaa-BBBB-cccc-000000000001"


def test_each_has_the_level_of_their_list():
    levels = [access().level(who) for who in (NOBODY, VERA, OLU, ADA)]
    assert levels == [Level.ANYONE, Level.VIEWER, Level.OPERATOR, Level.ADMIN]


def test_nobody_is_in_by_default():
    assert Access(AccessSettings()).level(ADA) is Level.ANYONE


@pytest.mark.parametrize("spelled", [MIXED, MIXED.lower(), MIXED.upper()])
def test_ids_are_the_same_in_any_case(spelled):
    known = Access(AccessSettings(operator=(Member(id=MIXED, name="Olu"),)))
    assert known.level(Person(spelled, TENANT, "Olu")) is Level.OPERATOR
    assert known.name(spelled) == "Olu"


def test_without_an_object_id_one_is_nobody():
    assert access().level(Person("", TENANT, "Ada Admin")) is Level.ANYONE


def test_a_name_is_worth_nothing():
    assert access().level(Person(NOBODY.object_id, TENANT, ADA.name)) is Level.ANYONE


def test_in_two_lists_the_higher_counts():
    assert access(viewer=(ADA,), admin=(ADA,)).level(ADA) is Level.ADMIN
    assert access(admin=(ADA,), viewer=(ADA,), operator=(ADA,)).level(ADA) is Level.ADMIN


def test_holders_are_those_of_the_level_and_above():
    assert list(access().holders(Level.OPERATOR)) == ["Olu Operator", "Olga Operator", "Ada Admin"]
    assert list(access().holders(Level.APPROVER)) == ["Ada Admin"]


def test_a_member_without_a_name_is_recognised_by_the_first_digits():
    known = Access(AccessSettings(admin=(Member(id=MIXED),)))
    assert known.name(MIXED) == "ABCDEF00…"
    assert list(known.holders(Level.ADMIN)) == []
