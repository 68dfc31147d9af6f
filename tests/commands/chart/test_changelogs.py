"""The hazards, held against the changelogs: every breaking entry has one or a reason, and every hazard its entry."""

import ast
import re
from pathlib import Path

import pytest

import commands.chart
from tests.commands.chart.changelogs import BREAKING, OF_OUR_OWN, UNMARKED
from tests.published import CHANGELOGS

FOLDER = Path(commands.chart.__file__).parent
VERSION = re.compile(r"\[?(\d+\.\d+\.\d+)\]?(?: |$)")
HEADING = re.compile(r"(?:API and |Other )?[Bb]reaking")


def known():
    """The keys of all hazards, from the code that makes them."""
    found = set()
    for file in FOLDER.glob("hazards*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Hazard", "_nobody"):
                found |= {one.value for one in node.args if _is_key(one)}
    return found


def _is_key(argument):
    """Whether it is a hazard's key: words with hyphens, which no title is."""
    return isinstance(argument, ast.Constant) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(argument.value))


def covered():
    return {
        key
        for table in (BREAKING, UNMARKED)
        for names in table.values()
        for one in names.values()
        if isinstance(one, tuple)
        for key in one
    }


def test_each_entry_names_hazards_that_there_are_or_a_reason():
    assert covered() <= KNOWN
    reasons = [one for names in BREAKING.values() for one in names.values() if isinstance(one, str)]
    assert all(len(one) > len("a reason") for one in reasons)


def test_each_hazard_has_an_entry():
    assert KNOWN - covered() == OF_OUR_OWN


def entries(text):
    """The number of breaking entries by version, as the changelogs write them."""
    found, version, inside = {}, "", False
    for line in text.splitlines():
        if heading := re.match(r"#+ (.*)", line):
            if its := VERSION.match(heading[1]):
                version, inside = its[1], False
            else:
                inside = bool(HEADING.match(heading[1]))
                if inside:
                    found.setdefault(version, 0)
        elif inside and re.match(r"\s?- ", line):
            found[version] += 1
    return found


@pytest.mark.skipif(CHANGELOGS is None, reason="JHUB_BOT_CHANGELOGS names no folder with z2jh.md, jupyterhub.md, …")
@pytest.mark.parametrize("project", sorted({project for project, _ in BREAKING}))
def test_no_breaking_entry_of_the_real_changelogs_is_left_out(project):
    real = entries((Path(CHANGELOGS) / f"{project}.md").read_text("utf-8"))
    ours = {version: len(names) for (its, version), names in BREAKING.items() if its == project}
    # Its one entry is a paragraph, not a list.
    real |= {"1.1.0": 1} if project == "z2jh" else {}
    assert ours == real


# As constants of the module would be read before its functions are defined.
KNOWN = known()
