"""The names under which things are stored are kept in stored_names.txt, so that a review sees when one changes."""

import ast
import difflib
import os
from pathlib import Path

import pytest

from tests.releases.stored import ROOT, changes, is_step, steps_of, stored

KEPT = Path(__file__).with_name("stored_names.txt")
WHAT_TO_DO = """Names that are stored are not those in tests/releases/stored_names.txt.

What a release has stored, the next one finds by these names: work in flight, cards in chats, the audit trail.
- A watcher, or a field of a view with a default, that is new: UPDATE_GOLDEN=1 with this test, and commit the list.
- A name that changed by the way: give the old one back.
- A step with a better title: commands.framework.command.Renamed shows the new one and records the old one.
- A field of a plan or of a result that is new: give it a default, and in a plan metadata=added_later().
- A step that is new: only behind all others, or where no change in flight can be (DBOS.patch tells the two apart).
- A class that is no view has another name: only its fields are stored. UPDATE_GOLDEN=1 writes the list anew.
- Another name for what is in tables: a migration in bot/store/migrations. Views, events, outcomes: both names are read.
- Then, or where nothing can be stored by the old name: UPDATE_GOLDEN=1 with this test, and the commit says why.
A test in tests/releases shows that what earlier releases have begun still ends.

"""


def test_no_stored_name_has_changed_by_accident():
    now = stored()
    if os.environ.get("UPDATE_GOLDEN"):
        KEPT.write_text(now, "utf-8")
    kept = KEPT.read_text("utf-8")
    if now != kept:
        lines = difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", lineterm="")
        pytest.fail(WHAT_TO_DO + "\n".join(lines), pytrace=False)


def test_every_step_is_found_by_following_some_command():
    found = {(str(Path(file)), line) for command in changes() for *_, (file, line) in map(_place, steps_of(command))}
    assert found == set(_written())


def _place(step):
    return step.name, step.place


def _written():
    for path in (ROOT / "commands").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if is_step(node):
                yield str(path), node.lineno
