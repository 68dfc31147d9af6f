"""`/jhub config show`, on made-up values and a made-up chart."""

from dataclasses import replace

import pytest

from cards.pages import all_pages
from clients.errors import Unavailable
from commands.framework.errors import UserError
from tests.commands.config.stored_values import TEXT, shown, world
from tests.world import SECRET, release, words


async def test_values_are_shown_without_secrets():
    said = words(await shown(world()))
    assert "limit: 8G" in said
    assert "client_secret: [hidden]" in said
    assert SECRET not in said


async def test_a_secret_is_hidden_wherever_it_stands_again():
    values = release().values
    twice = replace(
        release(),
        values={**values, "custom": {"note": f"it is {SECRET}", "key": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}},
    )
    said = words(await shown(world(releases=[twice])))
    assert SECRET not in said
    assert "eyJ" not in said
    assert "it is [hidden]" in said


async def test_one_name_is_shown_with_what_stands_under_it():
    said = words(await shown(world(TEXT), "singleuser.memory"))
    assert "limit: 8G" in said
    assert "3f9a41c" not in said
    assert "config.yaml" in said


async def test_what_is_not_set_shows_the_charts_default_marked_as_such():
    found = await shown(world(TEXT), "cull.every")
    assert "every: 600" in words(found)
    assert "default" in found.text


async def test_a_misspelt_name_gets_the_one_beside_it():
    with pytest.raises(UserError, match=r"Did you mean “singleuser\.memory\.limit"):
        await shown(world(TEXT), "singleuser.memory.limt")


async def test_long_values_come_in_pages_from_the_beginning():
    many = world(TEXT + "custom:\n" + "".join(f"  name{n}: {n}\n" for n in range(100)))
    first, *_, last = pages = all_pages(await shown(many))
    assert "hub:" in words(first.sections[0])
    assert "name99" in words(last)
    said = "".join(map(words, pages))
    assert all(said.count(f"name{n}: {n}\n") + said.count(f"name{n}: {n}'") >= 1 for n in range(100))


async def test_nothing_is_shown_where_nobody_knows_what_is_secret():
    with pytest.raises(Unavailable):
        await shown(world(TEXT, releases=Unavailable("Kubernetes", "is away")))
