"""YAML from strangers: plain data, of a depth that can be walked, in which nothing stands for something else."""

from typing import Final

import yaml

_DEEPEST: Final = 100
# Zero to JupyterHub's index, with every development version there was, has some two hundred thousand.
_MOST_PARTS: Final = 1_000_000
# libyaml's reader is some twenty times as quick as the one in Python; wheels bring it.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(content: bytes) -> object:
    """What it says. Raises ValueError for what is no YAML, too deep (which would end this process), or has aliases.

    Aliases make little text into more than memory holds; neither charts' values nor indexes need them.
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
