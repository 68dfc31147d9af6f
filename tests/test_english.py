"""What people read is English, as far as a machine can tell: see `tests.english` for the kinds that it sees."""

from pathlib import Path

import pytest

from commands.framework.registry import catalogue
from commands.framework.usage import common, parameters
from tests.english import complaints, sentences, summary_complaints

ROOT = Path(__file__).parents[1]
# Folders whose texts are held.
COVERED = ("bot", "cards", "clients", "commands", "deploy", "manifest", "sandbox")
COMMANDS = [pytest.param(command, id=command.name) for command in catalogue()]


@pytest.mark.parametrize("folder", COVERED)
def test_no_literal_is_bad_english(folder):
    remarks = [
        f"{path.relative_to(ROOT)}:{line}: {remark}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in sentences(path)
        for remark in complaints(text)
    ]
    assert remarks == []


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_declares_is_good_english(command):
    helps = [parameter.spec.help for parameter in (*parameters(command.args), *common(command))]
    remarks = [remark for text in (command.details, *helps) for remark in complaints(text)]
    assert [*summary_complaints(command.summary), *remarks] == []


@pytest.mark.parametrize(
    "text",
    [
        "It needs a alert.",
        "An user is away.",
        "This is a hour ago.",
        "It takes an UPN.",
        "a HTTP status",
        "A operator may.",
        "“alex” is no upn: type one.",
        "“…” is no …: it is too long.",
        "At least 6 and at most 1 is nothing, and that is no number.",
        "They are no users.",
        "Over: hub.example.org has no certificate",
    ],
)
def test_what_is_wrong_is_seen(text):
    assert complaints(text)


@pytest.mark.parametrize(
    "text",
    [
        "A user’s e-mail (UPN), an hour, a one-time code, an SSH key, a URL, a unique name, an unknown pool.",
        "There is no pool “gpu”, and where there are no nodes there is no server.",
        "It is no longer valid, and there was no answer.",
        "an ID has 16 of the digits 0-9 and a-f",
        "an image, an AKS cluster, a UTC time, an LTS version, a Kubernetes node, an NFS share, an operator",
        "An approver, an admin or an owner. A union, an unusual end, a used one, an MCR image.",
        "Resolved: hub.example.org",
    ],
)
def test_what_is_right_is_left_alone(text):
    assert complaints(text) == []


@pytest.mark.parametrize("text", ["Show the nodes", "What waits.", "Whether it runs.", "Is it well."])
def test_a_summary_says_what_the_command_does(text):
    assert summary_complaints(text)


def test_docstrings_are_left_out_and_holes_are_not_judged(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        '"""An user."""\nX = f"a {1} is no {2} upn" "and a" " apple"\n"""An user."""\nY = "an user"\n', "utf-8"
    )
    assert list(sentences(module)) == [(2, "a … is no … upnand a apple"), (4, "an user")]
