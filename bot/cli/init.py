"""`jhub-bot init`: a first configuration file from a few answers."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from bot.cli.config import lines
from bot.config.types import ConfigError
from bot.config_tools import template
from bot.config_tools.check import check
from bot.config_tools.error_messages import listed, nearest
from bot.config_tools.json_schema import schema
from bot.config_tools.questionnaire import QUESTIONS, AnswerError, Question, Values

_PRIVATE = 0o600
_PUBLIC = 0o644


async def run(out: Path, answers: Mapping[str, str], *, force: bool, ask: bool) -> int:
    """Ask, write the file and its schema, check it. Return the exit status: 0, or 2 where nothing was written."""
    known = out.with_suffix(".schema.json")
    try:
        _check(out, answers, force=force)
        values = collected(answers, _asked if ask else _taken)
        _write(out, template.text(values, schema=known.name, name=out.name), _PRIVATE, force=force)
        _write(known, json.dumps(schema(), indent=2) + "\n", _PUBLIC, force=True)
    except ConfigError as error:
        click.echo(str(error), err=True)
        return 2
    except OSError as error:
        click.echo(f"{out} cannot be written: {error.strerror}", err=True)
        return 2
    click.echo(f"\nWritten: {out}, and {known.name} beside it, from which editors check and complete it.\n")
    checked = await check(out)
    for line in lines(out, checked):
        click.echo(line)
    click.echo(f"\nNext: {'fix the above, then ' if checked.mistakes else ''}jhub-bot doctor --config {out}")
    return 0


def collected(answers: Mapping[str, str], ask: Callable[[Question, str], tuple[str, Values]]) -> Values:
    """Return the settings that the answers make; those that are missing are got by `ask`. Raise ConfigError."""
    so_far, values = dict(answers), Values()
    for question in QUESTIONS:
        if question.name in answers:
            values |= _settings(question, answers[question.name])
        elif question.when(so_far):
            so_far[question.name], made = ask(question, question.default(so_far))
            values |= made
    return values


def _settings(question: Question, answer: str) -> Values:
    try:
        return question.settings(answer)
    except AnswerError as error:
        raise ConfigError(f"{question.name}: {error}") from None


def _taken(question: Question, default: str) -> tuple[str, Values]:
    return default, _settings(question, default)


def _asked(question: Question, default: str) -> tuple[str, Values]:
    def settings(answer: str) -> tuple[str, Values]:
        try:
            return answer.strip(), question.settings(answer)
        except AnswerError as error:
            raise click.UsageError(str(error)) from None

    given: tuple[str, Values] = click.prompt(
        question.text, default=default, show_default=bool(default), value_proc=settings
    )
    return given


def _check(out: Path, answers: Mapping[str, str], *, force: bool) -> None:
    """Check the arguments before anybody answers anything. Raise ConfigError."""
    known = [question.name for question in QUESTIONS]
    for name in answers:
        if name not in known:
            near = nearest(name, known)
            meant = f"did you mean {near}?" if near else f"there are {listed(known, 'and')}"
            raise ConfigError(f"{name} is not a question: {meant}")
    if out.exists() and not force:
        raise ConfigError(f"{out} exists already; --force overwrites it")


def _write(path: Path, content: str, mode: int, *, force: bool) -> None:
    """Write all of it or nothing, and over nothing unless `force`. Raise OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
        if force:
            Path(name).replace(path)
        else:
            os.link(name, path)
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()
