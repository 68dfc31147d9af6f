"""What JupyterHub's classes say of a configuration, read from the child's answer: untrusted, bounded. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import orjson

MOST_ANSWER: Final = 1024 * 1024
_MOST_FINDINGS: Final = 200
_LONGEST: Final = 300
_NAMES: Final = {
    "jupyterhub": "JupyterHub",
    "jupyterhub-kubespawner": "KubeSpawner",
    "oauthenticator": "OAuthenticator",
}


class FindingKind(Enum):
    """What is wrong: the trait's type, all of it together, a trait that is not there, a class that is not there."""

    TYPE = "type"
    LOAD = "load"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True)
class ClassFinding:
    """One thing that a class does not take.

    `trait` is empty where an error names none, `below` leads into its value. `text` is what it takes for TYPE, the
    error for LOAD, the class without such a trait for UNKNOWN, what was named for MISSING. `near` is a similar name.
    """

    kind: FindingKind
    owner: str
    trait: str
    text: str
    below: tuple[str | int, ...] = ()
    near: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the classes of these versions, by package, say of each configuration."""

    versions: Mapping[str, str]
    findings: tuple[tuple[ClassFinding, ...], ...]

    @property
    def judges(self) -> str:
        """The versions in words: “JupyterHub 5.5.4, KubeSpawner 7.1.0, OAuthenticator 17.4.0”."""
        return versions_in_words(self.versions)

    def judge_of(self, owner: str) -> str:
        """Return the package that has a class, with its version: “KubeSpawner 7.1.0”."""
        packages = {"KubeSpawner": "jupyterhub-kubespawner"}
        package = packages.get(owner, "oauthenticator" if owner.endswith("OAuthenticator") else "jupyterhub")
        return versions_in_words({package: self.versions.get(package, "")}).rstrip()


def versions_in_words(versions: Mapping[str, str]) -> str:
    """Return the versions by the packages' own names."""
    return ", ".join(f"{name} {versions[key]}" for key, name in _NAMES.items() if key in versions)


def read_answer(text: bytes, count: int) -> Judgement:
    """Read the answer about so many configurations. Raise ValueError or TypeError for anything else."""
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise TypeError("no answer")
    versions, listed = found.get("versions"), found.get("findings", [])
    if not isinstance(versions, dict) or not isinstance(listed, list) or len(listed) != count:
        raise ValueError("no answer")
    named = {str(name): str(one)[:_LONGEST] for name, one in versions.items()}
    return Judgement(named, tuple(tuple(_findings(one)) for one in listed))


def _findings(listed: object) -> Iterator[ClassFinding]:
    if not isinstance(listed, list):
        raise TypeError("no list of findings")
    for one in listed[:_MOST_FINDINGS]:
        if not isinstance(one, dict):
            raise TypeError("no finding")
        texts = [str(one.get(name, ""))[:_LONGEST] for name in ("owner", "trait", "text", "near")]
        below = tuple(part if isinstance(part, int) else str(part)[:_LONGEST] for part in one.get("below", ()))
        yield ClassFinding(FindingKind(one.get("what")), texts[0], texts[1], texts[2], below, texts[3])
