"""Log lines: readable ones or JSON, each with the id of what it belongs to, and without secrets.

Everything is looked through as it is written, also what other libraries log: known secrets (the files that settings
name) and what has the shape of one are hidden. What people type is not logged in the first place.
"""

import copy
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel

from bot.correlation import current
from commands.redaction import Redactor

Form = Literal["readable", "json"]
Level = Literal["debug", "info", "warning", "error"]

_READABLE: Final = "%(asctime)s %(levelname)-7s %(name)s [%(correlation)s] %(message)s"
# Libraries that write to handlers of their own: one line, one form.
_STUBBORN: Final = ("dbos",)
_OURS: Final = "jhub_bot"
_LONGEST_SECRET: Final = 64 * 1024
# Of a file with many lines, a shorter part may be any word.
_SHORTEST_PART: Final = 8
_REFERENCES: Final = ("secret_file", "secrets_file", "token_file", "url_file")


def begin(form: Form = "readable", level: Level = "info", known: Iterable[str] = ()) -> None:
    """Log to standard error from here on, in place of what this set before. `known` secrets are hidden."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json(known) if form == "json" else Readable(known))
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
    """A filter that drops nothing: it notes the id of what is done now."""
    record.correlation = current() or "-"
    return True


class Readable(logging.Formatter):
    """A line for people, with a traceback below it where there is one."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__(_READABLE)
        self._redactor = Redactor(known)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets."""
        return hidden(super().format(record), self._redactor)


class Json(logging.Formatter):
    """One JSON object a line: time (UTC, milliseconds), level, logger, message, id, exception."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        self._redactor = Redactor(known)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets; `id` and `exception` only where there is one."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hidden(record.getMessage(), self._redactor),
            "id": getattr(record, "correlation", "").strip("-"),
            "exception": hidden(self._traceback(record), self._redactor),
        }
        told = {name: text for name, text in line.items() if text or name == "message"}
        return json.dumps(told, ensure_ascii=True)

    def _traceback(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else ""


def hidden(text: str, redactor: Redactor) -> str:
    """The text without secrets, line by line."""
    # A copy, since it remembers a private key that was begun: that is over with the record.
    one = copy.copy(redactor)
    return "\n".join(one.line(line) for line in text.splitlines())


def secrets_of(settings: BaseModel) -> list[str]:
    """What the files hold that settings name as secrets, as far as they can be read now.

    Of a file with several lines, such as one with values, it is what stands on the right of each; of an address, its
    password too.
    """
    found = []
    for file in _files(settings):
        try:
            text = file.read_text("utf-8")[:_LONGEST_SECRET].strip()
        except (OSError, ValueError):
            continue
        found += [text, *_parts(text)]
    return found


def _parts(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) == 1:
        yield from re.findall(r"://[^\s/@:]*:([^\s/@]+)@", text)
        return
    for line in lines:
        part = line.rpartition(": ")[2].strip("- \t\"'")
        if len(part) >= _SHORTEST_PART:
            yield part


def _files(section: BaseModel) -> Iterator[Path]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _files(value)
        elif isinstance(value, Path) and name.endswith(_REFERENCES):
            yield value
