"""Log lines: readable ones or JSON, each with the id of what it belongs to, and without secrets.

Every line is redacted as it is written, also what other libraries log: known secrets (those that settings name,
`bot.secrets.known`) and what has the shape of one are hidden. What people type is not logged in the first place.
"""

import contextlib
import copy
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel

from bot.config.secret_reference import SecretRef
from bot.instrumentation.correlation import current
from bot.secrets.known import known, learn
from commands.text.redaction import Redactor

Form = Literal["readable", "json"]
Level = Literal["debug", "info", "warning", "error"]

_READABLE: Final = "%(asctime)s %(levelname)-7s %(name)s [%(correlation)s] %(message)s"
# Libraries that write to handlers of their own: one line, one form.
_STUBBORN: Final = ("dbos",)
_OURS: Final = "jhub_bot"
_REFERENCES: Final = ("secret_file", "secrets_file", "token_file", "url_file")


def begin(form: Form = "readable", level: Level = "info") -> None:
    """Log to standard error from here on, in place of what this set before. Secrets that are known are redacted."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Readable())
    handler.addFilter(marked)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, Readable | Json)]:
        root.removeHandler(old)
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    # Below warnings some libraries write down what they send and receive (azure-core its answers' headers at INFO).
    root.setLevel(max(logging.WARNING, number))
    logging.getLogger(_OURS).setLevel(number)
    logging.captureWarnings(capture=True)
    for name in _STUBBORN:
        _adopt(logging.getLogger(name))


def _adopt(stubborn: logging.Logger) -> None:
    # It adds a handler only where there is none.
    stubborn.handlers[:] = [logging.NullHandler()]
    stubborn.propagate = True


def marked(record: logging.LogRecord) -> bool:
    """Set `correlation` on the record to the id of what is done now. A filter that drops nothing: return True."""
    record.correlation = current() or "-"
    return True


class _Redacting(logging.Formatter):
    """Formatter that redacts what is known at the time."""

    _known: tuple[str, ...] | None = None
    _redactor: Redactor

    def _redacted(self, text: str) -> str:
        now = known()
        if now is not self._known:
            self._known, self._redactor = now, Redactor(now)
        return redacted(text, self._redactor)


class Readable(_Redacting):
    """A line for people, with a traceback below it where there is one."""

    def __init__(self) -> None:
        super().__init__(_READABLE)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        return self._redacted(super().format(record))


class Json(_Redacting):
    """One JSON object a line: time (UTC, milliseconds), level, logger, message, id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets; `id` and `exception` only where there is one."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redacted(record.getMessage()),
            "id": getattr(record, "correlation", "").strip("-"),
            "exception": self._redacted(self._traceback(record)),
        }
        told = {name: text for name, text in line.items() if text or name == "message"}
        return json.dumps(told, ensure_ascii=True)

    def _traceback(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else ""


def redacted(text: str, redactor: Redactor) -> str:
    """Return the text without secrets, line by line."""
    # A copy, since it remembers a private key that was begun: that is over with the record.
    one = copy.copy(redactor)
    return "\n".join(one.line(line) for line in text.splitlines())


def learn_from(settings: BaseModel) -> None:
    """Learn the secrets that settings name and that are here: in files and in variables. No key vault is asked."""
    for file in _files(settings):
        with contextlib.suppress(OSError, ValueError):
            learn(file.read_text("utf-8"))
    for name in _variables(settings):
        learn(os.environ.get(name, ""))


def _files(settings: BaseModel) -> Iterator[Path]:
    for name, value in _named(settings):
        if isinstance(value, Path) and name.endswith(_REFERENCES):
            yield value
        elif isinstance(value, SecretRef) and value.kind == "file":
            yield value.path


def _variables(settings: BaseModel) -> Iterator[str]:
    return (value.place for _, value in _named(settings) if isinstance(value, SecretRef) and value.kind == "env")


def _named(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every setting, by the last part of its name; those in lists and mappings too."""
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _named(getattr(value, field), field)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _named(one, str(key))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _named(one, name)
    else:
        yield name, value
