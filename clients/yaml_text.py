"""YAML for helm, and from others (charts, ConfigMaps): plain data of bounded size and depth, without aliases."""

import json
import re
from collections.abc import Mapping
from typing import Final

import yaml

_DEEPEST: Final = 100
# Zero to JupyterHub's index, with every development version there was, has some two hundred thousand.
_MOST_PARTS: Final = 1_000_000
# libyaml's reader is some twenty times as quick as the one in Python; wheels bring it.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# JSON is YAML but for these: YAML's readers refuse them unless escaped.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def read_yaml(content: bytes) -> object:
    """Return the value of a YAML text. Raise ValueError if it is not YAML, or is too deep, too long or has aliases.

    Too deep a text would end this process; aliases make little text into more than memory holds, and neither charts'
    values nor indexes nor the autoscaler's status need them.
    """
    try:
        _check(content)
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, whichever it is
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no YAML that can be read") from error


def _check(content: bytes) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(content, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST or number > _MOST_PARTS:
            raise ValueError("an alias, or too deep, or too much")


def to_yaml(values: Mapping[str, object]) -> bytes:
    """Return `values` as YAML that means the same to Go's parser, which would read a plain 7e10 as a number."""
    written = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written).encode()
