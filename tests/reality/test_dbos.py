"""DBOS on SQLite, as `bot/runtime/durable.py` uses it."""

import json
import subprocess
import sys

import pytest

from tests.reality.belief import belief

# DBOS is one in a process, and the product's tests have it: it gets another.
PROGRAM = """
import asyncio, json, sqlite3, sys
from dbos import DBOS, SetWorkflowID

told = {}

@DBOS.workflow()
async def sleeping(_):
    try:
        await DBOS.sleep_async(LONG)
        told["sleeping"] = "went on"
    except BaseException as error:
        told["sleeping"] = "Exception" if isinstance(error, Exception) else "BaseException"
        raise

@DBOS.workflow()
async def receiving(_):
    try:
        await DBOS.recv_async("topic", timeout_seconds=LONG)
        told["receiving"] = "went on"
    except BaseException as error:
        told["receiving"] = "Exception" if isinstance(error, Exception) else "BaseException"
        raise

async def main():
    DBOS(config={"name": "reality", "system_database_url": sys.argv[1], "log_level": "CRITICAL"})
    DBOS.launch()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for one in (sleeping, receiving):
        with SetWorkflowID(one.__name__):
            await DBOS.start_workflow_async(one, "")
    # Each writes down first until when it waits.
    with sqlite3.connect(sys.argv[1].removeprefix("sqlite:///")) as file:
        while file.execute("SELECT count(DISTINCT workflow_uuid) FROM operation_outputs").fetchone() != (2,):
            await asyncio.sleep(0.05)
        journal = file.execute("PRAGMA journal_mode").fetchone()[0]
    cancelled = loop.time()
    for one in (sleeping, receiving):
        await DBOS.cancel_workflow_async(one.__name__)
    while len(told) < 2:
        await asyncio.sleep(0.05)
    told["waited"] = loop.time() - cancelled
    told["journal"] = journal
    print(json.dumps(told))

asyncio.run(main())
"""
LONG = 3


@pytest.fixture(scope="module")
def cancelled(tmp_path_factory):
    """What the program told: two workflows that wait for LONG seconds are cancelled while they do."""
    url = f"sqlite:///{tmp_path_factory.mktemp('dbos') / 'dbos.sqlite'}"
    command = [sys.executable, "-c", PROGRAM.replace("LONG", str(LONG)), url]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=300, text=True)
    return json.loads(ended.stdout.splitlines()[-1])


@belief(
    "Is a DBOS workflow that sleeps woken when it is cancelled?",
    guess="yes, with an exception in its sleep",
    answer="no: it sleeps to the end, and is stopped at its next step",
    packages=("dbos",),
    then="nothing: what the bot stops, it stops by records of its own (bot/changes), which it looks at while it waits",
)
def test_a_cancelled_sleep(cancelled):
    assert cancelled["sleeping"] == "went on"
    assert cancelled["waited"] > LONG / 2


@belief(
    "What is raised in a cancelled DBOS workflow?",
    guess="an Exception that `except Exception` sees",
    answer="a BaseException, at the end of the wait in recv",
    packages=("dbos",),
    then="an `except Exception` around a step would see it: look at bot/runtime/durable.py",
)
def test_what_a_cancelled_workflow_meets(cancelled):
    assert cancelled["receiving"] == "BaseException"


@belief(
    "Which journal does DBOS give its SQLite file?",
    guess="WAL, as its documentation recommends to run several readers",
    answer="none of its own: SQLite's default, a rollback journal that is deleted with each commit",
    packages=("dbos",),
    then="bot/store/sqlite.py need not set it",
)
def test_the_journal(cancelled):
    assert cancelled["journal"] == "delete"
