"""The option that names the hub of a line: `/jhub --hub test status`."""

import re

from commands.framework.errors import UserError
from commands.framework.typed_text import clean

_NAMED = re.compile(r"(?<!\S)--hub(?:(?:=|\s+)(?P<name>\S+))?(?!\S)", re.IGNORECASE)


def named(text: str) -> tuple[str, str | None]:
    """Return the hub's name in lower case, and the line without it; an empty name and None where none is named.

    Text within quotation marks is not searched. Raise UserError for a flag without a name, and for two.
    """
    line = clean(text)
    found = [one for one in _NAMED.finditer(line) if line.count('"', 0, one.start()) % 2 == 0]
    if not found:
        return "", None
    name = found[0]["name"]
    if name is None or name.startswith("--"):
        raise UserError("--hub needs the name of a hub behind it, such as test.", "/jhub hubs")
    if len(found) > 1:
        raise UserError("--hub is given twice. Type it once.", "/jhub hubs")
    return name.lower(), f"{line[: found[0].start()].rstrip()} {line[found[0].end() :].lstrip()}".strip()
