"""A typed line is parsed once; a change that is taken up from the record, once more."""

import asyncio
from dataclasses import replace

import pytest

from bot.changes import parsed_changes
from bot.dispatch import messages
from commands.framework.parser import parse
from tests.bot.people import ABE, OLU, message


@pytest.fixture
def lines(monkeypatch):
    """The lines that were parsed."""
    seen = []

    def counted(text, catalogue):
        seen.append(text)
        return parse(text, catalogue)

    for module in (parsed_changes, messages):
        monkeypatch.setattr(module, "parse", counted)
    return seen


async def test_a_change_is_parsed_once_from_its_message_to_its_end(bench, lines):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    await bench.look(ABE)
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert lines == ["tear door"]


async def test_a_change_that_waited_through_a_restart_is_parsed_once_more(bench, lines):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    await bench.reopen()
    await bench.settle()
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert lines == ["tear door"] * 2


async def test_a_change_that_asks_again_is_not_parsed_again(bench, lines):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    bench.house.colour = "green"
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert len(await bench.changes.open()) == 1
    assert lines == ["tear door"]


async def test_of_a_message_that_comes_twice_the_recorded_line_counts(bench):
    bench.house.may_dry.set()
    first = message(OLU, "tear door", bench.room)
    await bench.pipeline.on_message(first)
    await bench.settle()
    await bench.pipeline.on_message(replace(first, text="tear roof", taken=asyncio.Event()))
    await bench.settle()
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]
