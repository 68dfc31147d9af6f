"""Formats that the readers of single Helm values accept: memory, quantities, images, hosts, addresses. Pure.

Each check returns why a value is refused, in words that follow its path and contain none of it; empty if it is valid.
"""

import ipaddress
import math
import re
from typing import Final
from urllib.parse import urlsplit

_UNITS: Final = {"K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40}
_POWERS: Final = {
    **{f"{unit}i": 1024.0 ** (n + 1) for n, unit in enumerate("KMGTPE")},
    **{unit: 1000.0 ** (n + 1) for n, unit in enumerate("kMGTPE")},
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
}
# apimachinery, pkg/api/resource/quantity.go.
_QUANTITY: Final = re.compile(
    r"([+-]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?"
)
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
# github.com/distribution/reference, regexp.go.
_DOMAIN: Final = r"(?>[A-Za-z0-9]+(?:[.-]+[A-Za-z0-9]+)*)(?::[0-9]+)?"
_PART: Final = r"(?>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)"
_NAME: Final = re.compile(rf"(?:{_DOMAIN}/)?{_PART}(?:/{_PART})*")
_REFERENCE: Final = re.compile(rf"(?:{_DOMAIN}/)?{_PART}(?:/{_PART})*(?::{_TAG})?(?:@{_DIGEST})?")
_TAGS: Final = re.compile(rf"{_TAG}(?:@{_DIGEST})?")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LONGEST_HOST: Final = 253
_ADDRESS: Final = re.compile(r"[^\s@,;:<>]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")

_MEMORY: Final = "must be a number of bytes, or a number followed by K, M, G or T, e.g. 8G"
_SIZE: Final = "must be a Kubernetes quantity, e.g. 10Gi"
_NEGATIVE: Final = "must not be negative"
_IMAGE: Final = "must be the name of an image with its tag, e.g. registry.example.org/notebook:3f9a41c"


def memory(value: object) -> str:
    """Check an amount of memory as the hub reads it (JupyterHub 5, traitlets.py, ByteSpecification)."""
    return _not_negative(in_bytes(value), _MEMORY)


def in_bytes(value: object) -> float | None:
    """Return an amount of memory in bytes as the hub reads it, or None for what it refuses."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str) or value[-1:] not in _UNITS:
        return None
    try:
        number = float(value[:-1])
    except ValueError:
        return None
    return number * _UNITS[value[-1]] if math.isfinite(number) else None


def size(value: object) -> str:
    """Check a size, or another quantity, as Kubernetes reads it: no resource takes one below 0."""
    return _not_negative(quantity(value), _SIZE)


def _not_negative(amount: float | None, otherwise: str) -> str:
    if amount is None:
        return otherwise
    return _NEGATIVE if amount < 0 else ""


def capacity(value: object) -> str:
    """Check the size of a volume, which Kubernetes wants to be more than nothing."""
    return memory_size(value) or ("must be more than 0" if not quantity(value) else "")


def memory_size(value: object) -> str:
    """Check a size of memory or a disk as Kubernetes reads it: an m would mean thousandths of a byte."""
    if isinstance(value, str) and value[-1:] in ("n", "u", "m") and _QUANTITY.fullmatch(value):
        return "means thousandths of a byte, since it ends in m: write Mi or Gi"
    return size(value)


def quantity(value: object) -> float | None:
    """Return a Kubernetes quantity as a number, or None for what Kubernetes refuses."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    number, unit, exponent = found.groups()
    return float(number) * _POWERS[unit] if unit else float(f"{number}e{exponent or 0}")


def image(value: object) -> str:
    """Check an image that is given as one string."""
    if isinstance(value, str):
        return "" if _REFERENCE.fullmatch(value) else _why_no_image(value) or f"{_IMAGE}"
    return f"{_IMAGE}: one text, not names below it" if isinstance(value, dict) else _IMAGE


def image_name(name: str, tag: object) -> str:
    """Check an image's name that has its tag beside it."""
    if _NAME.fullmatch(name):
        return ""
    if not _REFERENCE.fullmatch(name):
        return _why_no_image(name) or "must be the name of an image, e.g. registry.example.org/notebook"
    # KubeSpawner uses the name as it is if there is no tag.
    what = "a digest" if "@" in name else "a tag"
    return f"has {what} in it, and there is a tag beside it too: remove it from the name" if tag else ""


def image_tag(tag: str) -> str:
    """Check an image's tag."""
    return "" if not tag or _TAGS.fullmatch(tag) else "must be a tag alone, e.g. 3f9a41c"


def _why_no_image(text: str) -> str:
    if "://" in text:
        return "must be the name of an image, without “https://”"
    if text != text.lower() and _REFERENCE.fullmatch(text.lower()):
        return "must be in lower case: an image's name has no capitals"
    return ""


def host(value: str, *, wildcard: bool) -> str:
    """Check a host name."""
    name = value.removeprefix("*.") if wildcard else value
    if "://" in value:
        return f"must be the name of a host alone: remove “{value.partition('://')[0]}://”"
    if _is_address(value):
        return "must be a name, not an address"
    if _HOST.fullmatch(name) and len(name) <= _LONGEST_HOST:
        return ""
    for mark, what in (("/", "a path"), (":", "a port"), ("*", "a “*”"), (",", "others: write each as an item")):
        if mark in value:
            return f"must be the name of a host alone, without {what}"
    return "must be the name of a host, e.g. hub.example.org"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def address(value: object) -> str:
    """Check an IP address."""
    return "" if isinstance(value, str) and _is_address(value) else "must be an IP address"


def network(value: object) -> str:
    """Check a range of IP addresses."""
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return "must be a range of addresses, e.g. 192.0.2.0/24"
    return ""


def mail(value: str) -> str:
    """Check a mail address."""
    return "" if _ADDRESS.fullmatch(value) else "must be one mail address alone, e.g. ops@example.org"


def url(value: str) -> str:
    """Check a web address."""
    why = "must be an address that begins with https://"
    try:
        parts = urlsplit(value)
    except ValueError:
        return why
    return "" if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", value) else why


def callback(value: str, base: str, hosts: tuple[str, ...]) -> str:
    """Check a login's callback URL. `hosts` are the hub's HTTPS hosts; empty if they are not known."""
    wanted = f"https://{hosts[0] if hosts else 'HOST'}{base}hub/oauth_callback"
    must = f"must be {wanted}, or nobody can log in"
    try:
        parts = urlsplit(value)
        named = parts.hostname
    except ValueError:
        return must
    schemes = ("https",) if hosts else ("http", "https")
    well = parts.scheme in schemes and parts.path == f"{base}hub/oauth_callback" and not (parts.query or parts.fragment)
    known = {one.lower() for one in hosts}
    return "" if well and named and (not known or named in known) and not re.search(r"\s", value) else must
