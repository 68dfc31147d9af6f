"""The image's scripts and its Dockerfile as ShellCheck and hadolint judge them, and what these two do not look at."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.container.homes import IMAGE

DOCKERFILE = (IMAGE / "Dockerfile").read_text()
# One instruction a line, without comments.
INSTRUCTIONS = [
    line for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE)).splitlines() if line.strip()
]
SCRIPTS = [path for path in sorted(IMAGE.iterdir()) if path.is_file() and path.read_bytes().startswith(b"#!/bin/")]


def tool(name, *arguments):
    """The tool beside this Python: PyPI's packages carry the real ones."""
    command = [str(Path(sys.executable).with_name(name)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, done.stdout + done.stderr


def test_there_are_scripts_to_judge():
    assert {path.name for path in SCRIPTS} == {"setup.sh", "copy-notebooks", "fetch-notebooks.sh"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_no_fault(script):
    assert tool("shellcheck", "--severity=style", script) == (0, "")


def test_shellcheck_is_awake(tmp_path):
    (tmp_path / "bad.sh").write_text("#!/bin/sh\nrm -rf $1/\n")
    assert "SC2086" in tool("shellcheck", tmp_path / "bad.sh")[1]


def test_hadolint_finds_no_fault():
    assert tool("hadolint", "--config", IMAGE / ".hadolint.yaml", IMAGE / "Dockerfile") == (0, "")


def test_hadolint_is_awake(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN apt-get update && apt-get install -y git\n")
    status, found = tool("hadolint", "--config", IMAGE / ".hadolint.yaml", tmp_path / "Dockerfile")
    assert status != 0
    assert {"DL3006", "DL3008", "DL3009"} <= set(re.findall(r"DL\d+", found))


def test_the_base_is_a_docker_stack_of_a_fixed_day():
    (base,) = re.findall(r"(?m)^ARG BASE_IMAGE=(.*)$", DOCKERFILE)
    assert re.fullmatch(r"quay\.io/jupyter/[a-z-]+:\d{4}-\d\d-\d\d(@sha256:[0-9a-f]{64})?", base)


def test_it_ends_as_a_user_who_is_not_root():
    users = [line.split()[1] for line in INSTRUCTIONS if line.startswith("USER")]
    assert users[-1] == "${NB_UID}"


def test_what_it_copies_is_there_and_reaches_the_engine():
    copied = {name for line in INSTRUCTIONS if line.startswith("COPY") for name in line.split()[1:-1]}
    sent = {line[1:] for line in (IMAGE / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == sent
    assert [name for name in copied if not (IMAGE / name).is_file()] == []


def test_it_builds_without_buildkit():
    assert [line for line in INSTRUCTIONS if re.search(r"--(chmod|mount|link)\b|<<", line)] == []


def test_no_argument_of_the_build_is_a_secret():
    named = [line for line in INSTRUCTIONS if line.startswith(("ARG", "ENV"))]
    assert [line for line in named if re.search(r"(?i)token|secret|passw|key", line)] == []


def test_each_requirement_has_a_version():
    for name in ("requirements.txt", "conda.txt"):
        lines = [line for line in (IMAGE / name).read_text().splitlines() if line and not line.startswith("#")]
        assert [line for line in lines if not re.fullmatch(r"[\w.-]+==?[\w.]+(\.\*)?", line)] == []
        assert lines


def test_the_files_hold_for_everybody_whose_home_says_nothing_else():
    assert any(re.match(r"COPY .*\bjupyter_server_config\.json .*/etc/jupyter/$", line) for line in INSTRUCTIONS)
    assert "COPY condarc /etc/conda/condarc.d/users.yml" in INSTRUCTIONS


def test_the_hook_that_the_example_names_is_where_the_image_has_it():
    assert any(re.match(r"COPY .*\bsetup\.sh /etc/jupyter/$", line) for line in INSTRUCTIONS)
