"""One spelling of an object id, and none for what is no such id."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.object_ids import object_id
from bot.chat.platform import Member, Person

GUID = "7d3c4b5a-0000-4000-8000-00000000abcd"


@given(st.uuids(), st.sampled_from(["{}", "{{{}}}", "({})", "8:orgid:{}", " {}\n", "\u00a0{{ {} }}", "8:OrgId: {}"]))
def test_every_form_is_read_as_the_same_guid(guid, form):
    for written in (str(guid), str(guid).upper(), guid.hex):
        assert object_id(form.format(written)) == str(guid)


@given(st.text(max_size=60))
def test_whatever_is_given_it_is_a_guid_in_lower_case_or_nothing(text):
    read = object_id(text)
    assert read == "" or (read == str(uuid.UUID(read)) and object_id(read) == read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada@example.org",
        GUID[:-1],
        f"{GUID}0",
        f"{{{GUID}",
        f"{GUID}}}",
        f"29:{GUID}",
        f"8:orgid:8:orgid:{GUID}",
        f"urn:uuid:{GUID}",
        GUID.replace("a", "а"),
        GUID.replace("0", "０"),
        GUID.replace("-", "–"),
        f"{GUID} {GUID}",
        "x" * 1_000_000,
    ],
)
def test_what_is_none_is_nobodys(text):
    assert object_id(text) == ""
    assert Person(text, "t", "Ada").object_id == Member(text, "ada", True).object_id == ""


def test_nobody_is_nobody_not_even_themselves():
    nobody = Person("", "t", "Ada")
    assert not nobody.is_same(nobody)
    assert Person(GUID.upper(), "t", "Ada").is_same(Person(f"8:orgid:{GUID}", "u", "Somebody"))
