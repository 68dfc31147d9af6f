"""The one spelling of an Entra object id: two people are the same if their ids are, and by nothing else."""

import re
from typing import Final

# How the Bot Framework writes a person's id in Teams where Entra's is meant ("8:orgid:<object id>").
_PREFIX: Final = re.compile(r"8:orgid:", re.IGNORECASE)
_BRACKETS: Final = {"{": "}", "(": ")"}
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS: Final = re.compile(r"[0-9a-f]{32}")
# The longest spelling there is has 48 characters; whatever is much longer is not looked into.
_LONGEST: Final = 100


def object_id(written: str) -> str:
    """Return the object id as a GUID in lower case with hyphens, however it is written; empty for what is none.

    Microsoft's systems write the same id in capitals, in braces or brackets, without hyphens, or behind `8:orgid:`.
    """
    text = written.strip() if len(written) <= _LONGEST else ""
    if prefix := _PREFIX.match(text):
        text = text[prefix.end() :].strip()
    if text[:1] in _BRACKETS and text.endswith(_BRACKETS[text[0]]):
        text = text[1:-1].strip()
    # Not `lower()` of anything else than ASCII: other letters become some of these.
    text = text.lower() if text.isascii() else ""
    if _DIGITS.fullmatch(text):
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    return text if _GUID.fullmatch(text) else ""
