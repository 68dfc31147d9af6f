"""What the cluster says, as it may be shown to people: in one line, without addresses, as long as anybody reads."""

import re
from typing import Final

from clients.shapes import unshaped

_ADDRESS = re.compile(r"(?:https?://)?\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d{1,5})?")
_ADDRESS_6 = re.compile(r"\[(?=[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]{2,64}\](?::\d{1,5})?")
# Azure's ids of things begin with the subscription's; what they are called at the end is enough.
_RESOURCE = re.compile(r"/subscriptions/(?:[^/\s\"',]*/)*(?=[^/\s\"',])")
_LONGEST: Final = 300


def shown(message: str, most: int = _LONGEST) -> str:
    """The message without secrets, inner addresses and Azure's paths, at most so many characters."""
    flat = unshaped(" ".join(message.split()))
    for pattern in (_ADDRESS, _ADDRESS_6):
        flat = pattern.sub("(address)", flat)
    flat = _RESOURCE.sub("…/", flat)
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
