"""DBOS itself, on both databases: what is recorded is not done again, what is not is."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from bot.runtime.durable import Durable, OutOfOrder


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'work.sqlite'}"
    return request.getfixturevalue("postgres_url")


class Story:
    """A workflow of two steps; the second one waits until it is let."""

    def __init__(self):
        self.done = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.over = asyncio.Event()
        self.days = []
        self.daily = asyncio.Event()

    async def run(self, name):
        said = await self.durable.step("first", lambda: self._first(name))
        said += await self.durable.step("second", self._second)
        self.done.append(said)
        self.over.set()

    async def _first(self, name):
        self.done.append(name)
        return name

    async def _second(self):
        self.begun.set()
        await self.may_end.wait()
        return "!"

    async def job(self, at):
        self.days.append(at)
        self.daily.set()

    async def launch(self, url, replica="bot-0"):
        self.durable = Durable(url, replica)
        await self.durable.launch(self.run, self.job)


@pytest.fixture
async def story():
    story = Story()
    yield story
    await story.durable.close()


async def test_a_new_start_goes_on_at_the_first_step_that_is_not_on_record(url, story):
    await story.launch(url)
    await story.durable.start("w1")
    await asyncio.wait_for(story.begun.wait(), 240)
    await story.durable.close()
    assert story.done == ["w1"]
    story.may_end.set()
    await story.launch(url)
    await asyncio.wait_for(story.over.wait(), 240)
    assert story.done == ["w1", "w1!"]


async def test_what_is_recorded_in_a_file_is_appended_to_a_log(tmp_path, story):
    await story.launch(f"sqlite:///{tmp_path / 'work.sqlite'}")
    with closing(sqlite3.connect(tmp_path / "work.sqlite")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_step_under_another_name_than_it_is_recorded_is_not_done(url, story):
    await story.launch(url)
    await story.durable.start("w1")
    await asyncio.wait_for(story.begun.wait(), 240)
    await story.durable.close()

    async def renamed(name):
        with pytest.raises(OutOfOrder):
            await story.durable.step("the first", lambda: story._first(name))
        story.over.set()

    story.run = renamed
    await story.launch(url)
    await asyncio.wait_for(story.over.wait(), 240)
    assert story.done == ["w1"]


async def test_the_same_id_runs_once(url, story):
    story.may_end.set()
    await story.launch(url)
    await asyncio.gather(*(story.durable.start("w1") for _ in range(5)))
    await asyncio.wait_for(story.over.wait(), 240)
    await story.durable.start("w1")
    await asyncio.sleep(0.1)
    assert story.done == ["w1", "w1!"]


async def test_another_replicas_work_is_left_alone_until_it_is_taken_over(url, story):
    await story.launch(url, "bot-0")
    await story.durable.start("w1")
    await asyncio.wait_for(story.begun.wait(), 240)
    await story.durable.close()
    story.may_end.set()
    await story.launch(url, "bot-1")
    await asyncio.sleep(2)
    assert story.done == ["w1"]
    await asyncio.gather(story.durable.take_over("bot-0"), story.durable.take_over("bot-0"))
    await asyncio.wait_for(story.over.wait(), 240)
    assert story.done == ["w1", "w1!"]


async def test_a_workflow_can_begin_another_between_its_steps(url, story):
    async def run(name):
        story.done.append(await story.durable.step("one", lambda: story._first(name)))
        if name == "w1":
            await story.durable.start("w2")
        else:
            story.over.set()

    story.run = run
    await story.launch(url)
    await story.durable.start("w1")
    await asyncio.wait_for(story.over.wait(), 240)
    assert story.done == ["w1", "w1", "w2", "w2"]


async def test_replicas_that_start_together_agree_on_the_daily_job(url, story):
    await story.launch(url)
    await asyncio.gather(*(story.durable.daily("tidy", "0 0 1 1 *") for _ in range(8)))


async def test_the_daily_job_runs_and_a_new_time_replaces_the_old_one(url, story):
    await story.launch(url)
    await story.durable.daily("tidy", "0 0 1 1 *")
    await story.durable.daily("tidy", "0 0 1 1 *")
    # Six fields, the first of them seconds: nobody waits until tomorrow.
    await story.durable.daily("tidy", "* * * * * *")
    await asyncio.wait_for(story.daily.wait(), 240)
    assert story.days
