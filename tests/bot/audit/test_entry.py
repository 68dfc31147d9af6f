"""What an entry of the audit trail says of a plan: words that people read, and all names of a list."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from bot.audit.entry import described
from commands.storage.deletion import ClaimRef
from commands.storage.left_homes import LeftDeletion, LeftHome


class _Way(Enum):
    BACK = "roll back"


@dataclass(frozen=True)
class _Pair:
    claim: str
    size: int


@dataclass(frozen=True)
class _Plan:
    way: _Way = _Way.BACK
    pairs: tuple[_Pair, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    note: str = ""


def left(count):
    day = datetime(2026, 1, 2, tzinfo=UTC)
    claims = [ClaimRef(f"claim-{n}", f"uid-{n}", "", 1) for n in range(count)]
    homes = tuple(LeftHome(f"student{n}@example.org", "", claim, "fast", day) for n, claim in enumerate(claims))
    return LeftDeletion(3600, homes, 0, "30d", unsure=False, others=())


def test_each_home_of_a_list_is_named():
    said = described(left(2))["homes"]
    assert said == "student0@example.org, student1@example.org"


def test_a_long_list_ends_in_whole_names_and_the_number_of_the_rest():
    said = described(left(200))["homes"]
    assert len(said) < 2_100
    *names, rest = said.split(", ")
    assert names == [f"student{n}@example.org" for n in range(len(names))]
    assert rest == f"and {200 - len(names)} more"


def test_values_are_words_and_what_is_empty_is_left_out():
    assert described(_Plan()) == {"way": "roll back"}
    said = described(_Plan(pairs=(_Pair("claim-a", 3),), note="x" * 500))
    assert said["pairs"] == "claim-a 3"
    assert len(said["note"]) == 200
