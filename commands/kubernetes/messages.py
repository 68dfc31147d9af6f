"""The cluster's messages made fit for people: on one line, without addresses, of bounded length."""

import re
from typing import Final

from clients.secret_patterns import unshaped

_ADDRESS = re.compile(r"(?:https?://)?\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d{1,5})?")
_ADDRESS_6 = re.compile(r"\[(?=[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]{2,64}\](?::\d{1,5})?")
# Azure's ids of things begin with the subscription's; what they are called at the end is enough.
_RESOURCE = re.compile(r"/subscriptions/(?:[^/\s\"',]*/)*(?=[^/\s\"',])")
_LONGEST: Final = 300
# What Go's gRPC puts before each message that it passes on: it says nothing to people.
_RPC = re.compile(r"rpc error: code = \w{1,40} desc = ")


def shown(message: str, most: int = _LONGEST) -> str:
    """Return the message without secrets, internal addresses and Azure's paths, at most `most` characters."""
    flat = unshaped(" ".join(message.split()))
    for pattern in (_ADDRESS, _ADDRESS_6):
        flat = pattern.sub("(address)", flat)
    flat = _RESOURCE.sub("…/", flat)
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def quoted(message: str, most: int = _LONGEST) -> str:
    """Return the message in quotation marks. Of a long one keep both ends: the end usually names the cause."""
    flat = shown(_RPC.sub("", message), len(message) + most).strip().rstrip(".")
    if len(flat) > most:
        head = most // 3
        flat = f"{flat[:head].rstrip()} … {flat[head - most :].lstrip()}"
    return f"“{flat}”" if flat else "nothing"
