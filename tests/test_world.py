"""The examples of tests/world/README.md, run as they stand there."""

import re
import sys
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType

import pytest

from commands.framework import polling
from commands.spawner import stopping

README = (Path(__file__).parent / "world" / "README.md").read_text(encoding="utf-8")
COMMAND, *EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def new_command(monkeypatch):
    """The command of the first example, where its test looks for it; and waiting that takes no time."""
    made = ModuleType("commands.servers.count")
    exec(compile(COMMAND, "README.md", "exec"), vars(made))  # noqa: S102 - it is our own page
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(polling, "PACE", 0.001)
    monkeypatch.setattr(stopping, "PATIENCE", 0.05)


@pytest.mark.parametrize("example", EXAMPLES, ids=["query", "change", "crash"])
async def test_the_examples_pass(example):
    names = {}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102 - it is our own page
    tests = [one for name, one in names.items() if name.startswith("test_") and iscoroutinefunction(one)]
    assert tests
    for test in tests:
        await test()


def test_every_file_stands_in_the_table():
    files = {file.name for file in (Path(__file__).parent / "world").glob("*.py")} - {"__init__.py"}
    assert {
        name for row in README.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+\.py)`", row)
    } == files
