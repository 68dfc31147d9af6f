"""The steps, done with the Azure CLI one after the other, each with the outputs of those before it."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

# A role that has just been given counts after a while, two minutes at most as a rule.
ATTEMPTS: Final = 15
PAUSE: Final = 10.0
T = TypeVar("T")
Known = dict[str, Any]
Answer = Callable[[list[str]], str]


class SetupError(Exception):
    """A set-up that cannot be done. The message says why, in words for the terminal."""


@dataclass(frozen=True)
class Step:
    """A step of the set-up. `command` may name outputs of earlier steps in braces.

    `unless` returns True if it is done already. `parameters` go into a private file whose name is {parameters}: a
    command line can be read by everybody on the machine. `secret` are the names of those that are never shown.
    """

    title: str
    command: tuple[str, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    unless: Callable[[Known], bool] | None = None
    patient: bool = False


def az(arguments: list[str]) -> str:
    """Return the Azure CLI's output. Raise SetupError with its error message if it fails."""
    try:
        done = subprocess.run(["az", *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - on PATH
    except OSError as error:
        raise SetupError(f"the Azure CLI (az) cannot be started: {error.strerror}") from None
    if done.returncode:
        raise SetupError(f"az {' '.join(arguments[:3])}: {done.stderr.strip() or 'failed without a message'}")
    return done.stdout


def found(ask: Answer, *arguments: str) -> Any:  # noqa: ANN401 - whatever JSON the CLI answers
    """Return the CLI's output as JSON. Raise SetupError if it is not JSON."""
    answer = ask([*arguments, "--output", "json"])
    try:
        return json.loads(answer or "null")
    except ValueError:
        raise SetupError(f"az {' '.join(arguments[:3])} returned something that is not JSON") from None


def do(ask: Answer, steps: list[Step], say: Callable[[str], None], pause: float = PAUSE) -> Known:
    """Do all steps. Return the outputs of the deployments. Raise SetupError at the first step that fails."""
    known: Known = {}
    for number, step in enumerate(steps, 1):
        if step.unless is not None and _patiently(partial(step.unless, known), step, pause):
            say(f"{number}. {step.title}: already done")
            continue
        say(f"{number}. {step.title} …")
        answer = _patiently(partial(_run, ask, step, known), step, pause)
        outputs = json.loads(answer) if answer.strip() else None
        if isinstance(outputs, dict):
            known |= {name: one["value"] for name, one in outputs.items() if isinstance(one, dict) and "value" in one}
    return known


def _patiently(work: Callable[[], T], step: Step, pause: float) -> T:
    for _ in range(ATTEMPTS - 1 if step.patient else 0):
        try:
            return work()
        except SetupError as error:
            if "Forbidden" not in str(error):
                raise
            time.sleep(pause)
    return work()


def _run(ask: Answer, step: Step, known: Known) -> str:
    if not step.parameters:
        return ask([word.format_map(known) for word in step.command])
    with tempfile.TemporaryDirectory(prefix="jhub-bot-setup-") as folder:
        path = Path(folder) / "parameters.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(_content(step.parameters, known), file)
        return ask([word.format_map(known | {"parameters": str(path)}) for word in step.command])


def _content(parameters: Mapping[str, object], known: Known) -> object:
    filled = {name: _filled(value, known) for name, value in parameters.items()}
    if "" in filled:
        return filled[""]
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {name: {"value": value} for name, value in filled.items()},
    }


def _filled(value: object, known: Known) -> object:
    if isinstance(value, Path):
        return value.read_text("utf-8")
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    return value.format_map(known) if isinstance(value, str) else value
