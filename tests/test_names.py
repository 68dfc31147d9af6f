"""One name for one thing: a class's name is used once, where no reason stands here."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The sandbox imports nothing of ours, so it may call things as what it imitates calls them.
HOUSE = ("bot", "cards", "clients", "commands")
REASONS = {
    "Args": "every command's arguments",
    "Chart": "a bar chart on a card, whose name is in stored cards; and Helm's chart",
    "Column": "the schema's, as Microsoft calls it, and the view's, which is stored",
    "Fact": "as Column",
    "Table": "as Column",
    "Moment": "a moment on a card; and an argument, whose label in help is its name",
    "RevisionNumber": "two kinds of argument, whose label in help is their name",
}


def _classes():
    found = defaultdict(list)
    for path in (path for package in HOUSE for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(ROOT).as_posix())
    return found


def test_a_class_name_is_used_once():
    twice = {name: places for name, places in _classes().items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in REASONS} == {}
    assert set(REASONS) == set(twice), "a reason that is needed no more"
