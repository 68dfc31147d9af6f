"""What people type is a value of its kind, or refused with what would be right."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.framework.argument_types import Age, ObjectName, OperationId, ServerName, Upn, folded
from commands.requests.arguments import EntryNumber
from commands.storage.arguments import Order


@pytest.mark.parametrize(
    "typed",
    ["ada@example.org", "o'brien@dtu.dk", "søren.ågård@dtu.dk", "ann+lab@dtu.dk", "a_b.com#EXT#@x.onmicrosoft.com"],
)
def test_names_as_tenants_have_them(typed):
    assert Upn.parse(typed) == typed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("*", "wildcards do not work here; name one person, as in ada@example.org"),
        ("%@example.org", "wildcards do not work"),
        ("hub-db-dir", "the hub’s own database, which the bot never touches; name a person, as in ada@example.org"),
        ("ada", "type the whole address, as in ada@example.org"),
        ("a@b@c", "more than one “@”"),
        ("", "type the whole address"),
        ("../../etc@x.org", "before the “@”"),
        ("a..b@x.org", "before the “@”"),
        ("a b@x.org", "before the “@”"),
        ("a\x00b@x.org", "before the “@”"),
        ("a\u202eb@x.org", "before the “@”"),
        ("x';DROP TABLE users;--@x.org", "before the “@”"),
        ("@x.org", "before the “@”"),
        ("ada@", "after the “@”"),
        ("ada@x/../y", "after the “@”"),
        ("ada@-x.org", "after the “@”"),
        ("ada@x..org", "after the “@”"),
        ("a" * 500, "at most 113 characters, and this has 500"),
    ],
)
def test_what_is_no_name_is_refused_with_what_would_be_right(typed, said):
    with pytest.raises(ValueError, match=said):
        Upn.parse(typed)


def test_the_longest_name_there_is():
    assert len(Upn.parse(f"{'a' * 64}@{'b' * 44}.org")) == 113


def test_the_same_name_in_other_case_and_with_accents_apart():
    apart = unicodedata.normalize("NFD", "Søren.Ågård@DTU.dk")
    assert folded(Upn.parse(apart)) == folded("søren.ågård@dtu.dk")
    assert folded("ann@dtu.dk") != folded("anne@dtu.dk")


@given(st.text(max_size=130))
def test_nothing_gets_through_that_could_be_a_path_a_selector_or_a_pattern(text):
    try:
        name = Upn.parse(text)
    except ValueError:
        return
    assert name.count("@") == 1
    assert not set(name) & set('/\\*?%=,;:&|<>"`$(){}[] \t\r\n\0')
    assert name == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (ServerName, ""),
        (ServerName, "a/b"),
        (ServerName, "x" * 101),
        (ObjectName, "hub-db-dir"),
        (ObjectName, "claim-*"),
        (ObjectName, "../pods"),
        (ObjectName, "Claim"),
        (Age, "0d"),
        (Age, "4000d"),
        (Age, "soon"),
        (Order, "colour"),
        (OperationId, "3f9"),
        (OperationId, "xyz1"),
        (OperationId, "0" * 17),
        (EntryNumber, "0"),
        (EntryNumber, "-1"),
        (EntryNumber, "1" * 13),
    ],
)
def test_other_kinds_refuse_what_they_are_not(kind, typed):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        kind.parse(typed)


def test_values_mean_what_they_say():
    assert Age.parse("90D").length.days == 90
    assert EntryNumber.parse("120").value == 120
    assert OperationId.parse("3F9A") == "3f9a"
    assert Order.parse("Size") == "size"
    assert ServerName.parse("my thesis") == "my thesis"
