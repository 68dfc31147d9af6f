"""The demo's introduction: what a newcomer pastes first is answered where it is to be pasted."""

import re

import pytest

from bot.cli.dev.introduction import introduction
from bot.cli.dev.sandbox_process import SandboxWorld
from commands.framework.parser import parse
from commands.framework.registry import catalogue

FULL = SandboxWorld({"kubeconfig": "kubeconfig", "empty": False})
BARE = SandboxWorld({"kubeconfig": "kubeconfig", "empty": True})


def _typed(text):
    return [re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines() if line.startswith("      ")]


def test_the_first_place_is_the_one_where_no_mention_is_needed():
    said = introduction(FULL, "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert said.index("Personal Chat") < said.index("/jhub status") < said.index("type @, pick JupyterHub")
    assert "General" not in said
    assert not any(line.startswith("@") for line in _typed(said))


def test_a_terminal_has_no_channels_and_no_mentions():
    said = introduction(FULL, "http://127.0.0.1:1")
    assert "@, pick" not in said
    assert "Playground" not in said
    assert "Personal Chat" not in said


@pytest.mark.parametrize("world", [FULL, BARE])
@pytest.mark.parametrize("playground", ["", "http://127.0.0.1:2"])
def test_every_line_to_type_is_one_that_the_bot_understands(world, playground):
    lines = _typed(introduction(world, "http://127.0.0.1:1", playground))
    assert lines
    for line in lines:
        assert line.startswith(("/jhub ", "/sandbox "))
        if line.startswith("/jhub "):
            assert parse(line, catalogue()) is not None


def test_after_a_deletion_it_says_how_the_second_person_answers():
    said = introduction(FULL, "http://127.0.0.1:1")
    assert said.index("/jhub storage delete") < said.index("/sandbox approve") < said.index("/sandbox reject")
