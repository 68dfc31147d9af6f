"""The kinds of values people type. Each is parsed here, once, and trusted from then on.

A kind is a `str` subclass with `parse`, which returns the value or raises ValueError with a sentence that says
what to type instead. What passes may stand in an argument list, a label selector or a path without quoting.

`noun` is what one value is called in a sentence, with its article: "“x” is not a tag: …", "“deploy” needs a tag".
`placeholder` stands for it in a usage line.
"""

import re
import unicodedata
from datetime import timedelta
from typing import Final, Self

from commands import durations

# OCI distribution specification 1.1, "pulling manifests": a tag is at most 128 of these, no dot or dash first.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# Semantic Versioning 2.0: no leading zeros, then pre-release and build in dotted words.
_NUMBER: Final = r"(?:0|[1-9]\d{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?")
_VERSION_LENGTH: Final = 100
# git's `check-ref-format` (2.47), and no more than forges allow: no blanks, no marks that revisions are made with.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+#@=,-]*")
_LONGEST_REF: Final = 200
# Kubernetes 1.32 label values, which is where component names live; z2jh's are all lower case.
_COMPONENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Kubernetes 1.32 object names: DNS subdomains (RFC 1123).
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_WATCHERS = re.compile(r"[a-z]{1,20}(,[a-z]{1,20}){0,19}")
_OPERATION = re.compile(r"[0-9a-f]{4,16}")
# AKS: a Linux pool's name ("Create node pools", naming rules); at most so many nodes in a pool.
_POOL = re.compile(r"[a-z][a-z0-9]{0,11}")
_COUNT = re.compile(r"[0-9]{1,6}")
_SIZE = re.compile(r"[A-Za-z]+_[A-Za-z0-9_-]{1,40}")
MOST_NODES: Final = 1000
_PREFIX = re.compile(r"^/?jhub\s+", re.IGNORECASE)
_ENTRY = re.compile(r"[1-9][0-9]{0,11}")
_PAGE = re.compile(r"[1-9][0-9]{0,6}")
_REVISION = re.compile(r"[1-9][0-9]{0,8}")

# Microsoft Entra's limit: 64 characters, the @, and 48 of domain.
_UPN_LENGTH: Final = 113
_SERVER_LENGTH: Final = 100
_LONGEST: Final = timedelta(days=3650)
_SHORTEST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(minutes=60)

# The claim of the hub's own database, as every chart of Zero to JupyterHub names it.
HUB_DATABASE: Final = "hub-db-dir"


class ImageTag(str):
    """An image tag such as `7c1d2e9` or `2026.11-1`."""

    __slots__ = ()
    noun = "an image tag"
    placeholder = "tag"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a tag as the OCI specification has it. Raises ValueError."""
        if len(text) > 128:  # noqa: PLR2004 - the specification's number, named in the message
            raise ValueError(f"a tag has at most 128 characters, and this has {len(text)}")
        if not _TAG.fullmatch(text):
            raise ValueError("a tag is made of letters, digits, “.”, “_” and “-”, and does not start with “.” or “-”")
        return cls(text)


class ChartVersion(str):
    """The version of a chart, such as `4.4.0` or `4.0.1-0.dev.git.6707.h109668fd`."""

    __slots__ = ()
    noun = "a chart version"
    placeholder = "version"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one version as Semantic Versioning 2.0 has it, no range. Raises ValueError."""
        if len(text) > _VERSION_LENGTH or not _VERSION.fullmatch(text):
            raise ValueError("type three numbers, as in 4.4.0; ranges and “latest” do not work here")
        return cls(text)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch, to compare by."""
        major, minor, patch = re.split(r"[-+]", self, maxsplit=1)[0].split(".")
        return int(major), int(minor), int(patch)


class GitRef(str):
    """A branch, a tag or a whole commit hash, such as `main`, `v1.4` or 40 hexadecimal digits."""

    __slots__ = ()
    noun = "a branch, tag or commit"
    placeholder = "ref"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name as git has them. Raises ValueError."""
        if len(text) > _LONGEST_REF:
            raise ValueError(f"it may have at most {_LONGEST_REF} characters, and this has {len(text)}")
        parts = text.split("/")
        wrong = any(not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts)
        if wrong or not _REF.fullmatch(text) or ".." in text or "@{" in text:
            raise ValueError("type letters, digits and “._/+-”, as in main, release/2026.11 or v1.4")
        return cls(text)


class Component(str):
    """A component of the hub as z2jh labels it: hub, proxy, autohttps, user-scheduler and others."""

    __slots__ = ()
    noun = "a component of the hub"
    placeholder = "component"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a component's name in any case. Raises ValueError."""
        lowered = text.lower()
        if not _COMPONENT.fullmatch(lowered):
            raise ValueError("type a name of letters, digits and “-”, as in hub or proxy")
        return cls(lowered)


class CommandName(str):
    """Some words that may be a command's name; whether they are is for `help` to say."""

    __slots__ = ()
    noun = "the name of a command"
    placeholder = "command"
    takes_the_rest = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept anything short. Raises ValueError."""
        if len(text) > 60:  # noqa: PLR2004 - three times the longest name there is
            raise ValueError("it is longer than any name; /jhub help lists all commands")
        return cls(text.lower())


class CommandLine(str):
    """A whole command with its arguments and flags, without “/jhub”; whether it is one is for its parser to say."""

    __slots__ = ()
    noun = "a command to run"
    placeholder = "command"
    takes_the_line = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a line. Raises ValueError."""
        if len(text) > 300:  # noqa: PLR2004 - named in the message
            raise ValueError(f"a scheduled command has at most 300 characters, and this has {len(text)}")
        return cls(_PREFIX.sub("", text))


class Reason(str):
    """Why somebody wants something, in their own words, for those who approve and for the audit trail."""

    __slots__ = ()
    noun = "a reason"
    placeholder = "text"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a sentence. Raises ValueError."""
        if not text.strip():
            raise ValueError("say why in a few words, in quotation marks")
        if len(text) > 200:  # noqa: PLR2004 - named in the message
            raise ValueError(f"a reason has at most 200 characters, and this has {len(text)}")
        return cls(text.strip())


class Upn(str):
    """A user principal name, such as `ada@example.org`, as typed but NFC-normalised.

    It is compared with the hub's user names by `folded`; it may hold `'`, `#` and letters of any script, so it goes
    into an address only quoted.
    """

    __slots__ = ()
    noun = "a user’s e-mail (UPN)"
    placeholder = "user"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name with one @, in the pointed brackets of a mail program or without. Raises ValueError."""
        bracketed = text.startswith("<") and text.endswith(">")
        name = unicodedata.normalize("NFC", text[1:-1] if bracketed else text)
        if len(name) > _UPN_LENGTH:
            raise ValueError(f"it may have at most {_UPN_LENGTH} characters, and this has {len(name)}")
        if any(char in name for char in "*?%"):
            raise ValueError("wildcards do not work here; name one person, as in ada@example.org")
        if name.lower() == HUB_DATABASE:
            raise ValueError(
                f"{HUB_DATABASE} is the hub’s own database, which the bot never touches; name a person, as in "
                "ada@example.org"
            )
        if "@" not in name:
            raise ValueError("type the whole address, as in ada@example.org")
        if name.count("@") > 1:
            raise ValueError("it has more than one “@”; type one address, as in ada@example.org")
        before, _, domain = name.partition("@")
        if not before or not all(map(_may_stand_in_a_name, before)) or ".." in before:
            raise ValueError("before the “@” there may be only letters, digits and “.-_'+!#^~”, as in ada@example.org")
        if not _is_domain(domain):
            raise ValueError("after the “@” there must be a domain, as in ada@example.org")
        return cls(name)


def folded(name: str) -> str:
    """The name as it is compared: the same for other case and for accents typed as characters of their own."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _may_stand_in_a_name(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char in ".-_'+!#^~"


def _is_domain(text: str) -> bool:
    labels = text.split(".")
    return all(
        label and label[0] != "-" != label[-1] and all(c == "-" or unicodedata.category(c)[0] in "LNM" for c in label)
        for label in labels
    )


class ServerName(str):
    """The name of one of a user's named servers. The default server has none."""

    __slots__ = ()
    noun = "the name of a server"
    placeholder = "name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name. Raises ValueError."""
        name = unicodedata.normalize("NFC", text)
        if not name.strip():
            raise ValueError("it is empty; leave out --server to mean the user’s default server")
        if len(name) > _SERVER_LENGTH:
            raise ValueError(f"it may have at most {_SERVER_LENGTH} characters, and this has {len(name)}")
        if not all(_may_stand_in_a_name(char) or char == " " for char in name) or ".." in name:
            raise ValueError("type letters, digits, spaces and “.-_'+!#^~” only, as in thesis")
        return cls(name)


class ObjectName(str):
    """The name of one claim or snapshot in the hub's namespace. Never the hub's own database."""

    __slots__ = ()
    noun = "the name of a claim or snapshot"
    placeholder = "name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name as Kubernetes has them. Raises ValueError."""
        if any(char in text for char in "*?"):
            raise ValueError("wildcards do not work here; type one name in full")
        if text == HUB_DATABASE:
            raise ValueError(f"{HUB_DATABASE} is the hub’s own database, which the bot never touches")
        if not _OBJECT.fullmatch(text):
            raise ValueError("type lower-case letters, digits, “-” and “.” only, at most 253 of them")
        return cls(text)


class Age(str):
    """A length of time up to ten years, such as `7d`; `length` is what it means."""

    __slots__ = ()
    noun = "a length of time"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `durations.parse` accepts, more than nothing. Raises ValueError."""
        length = durations.parse(text)
        if not timedelta(0) < length <= _LONGEST:
            raise ValueError("type more than zero and at most 3650d, as in 7d")
        return cls(text.strip().lower())

    @property
    def length(self) -> timedelta:
        """The length of time."""
        return durations.parse(self)


class TimeOut(str):
    """How long something may take, from a minute to an hour, such as `10m`; `seconds` is what it means."""

    __slots__ = ()
    noun = "a time limit"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `durations.parse` accepts within those bounds. Raises ValueError."""
        if not _SHORTEST_WAIT <= durations.parse(text) <= _LONGEST_WAIT:
            raise ValueError("type a time from 1m to 60m")
        return cls(text.strip().lower())

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return durations.parse(self).total_seconds()


class Order(str):
    """By what a list of homes is sorted: `size`, `age` or `name`."""

    __slots__ = ()
    noun = "a way to sort"
    placeholder = "size|age|name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the three. Raises ValueError."""
        if text.lower() not in ("size", "age", "name"):
            raise ValueError("type size, age or name")
        return cls(text.lower())


class PoolName(str):
    """The name of a node pool, such as `users`."""

    __slots__ = ()
    noun = "the name of a node pool"
    placeholder = "pool"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what Azure accepts for a Linux pool (AKS naming rules). Raises ValueError."""
        if not _POOL.fullmatch(text):
            raise ValueError(
                "type 1 to 12 lower-case letters and digits, a letter first, as in users2; /jhub nodes lists the pools"
            )
        return cls(text)


class Count(str):
    """How many nodes: a whole number up to Azure's limit for a pool; `value` is what it means."""

    __slots__ = ()
    noun = "a number of nodes"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept digits. Raises ValueError."""
        if not text.isascii() or not text.isdecimal():
            raise ValueError("type a whole number in digits, as in 3")
        if not _COUNT.fullmatch(text) or int(text) > MOST_NODES:
            raise ValueError(f"a pool has at most {MOST_NODES:,} nodes")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class CountOrOff(Count):
    """A number of nodes, or `off`."""

    __slots__ = ()
    noun = "a number of nodes, or “off”"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `Count` accepts, and “off”. Raises ValueError."""
        return cls("off") if text.lower() == "off" else super().parse(text)

    @property
    def is_off(self) -> bool:
        """Whether it says “off”, and so has no value."""
        return self == "off"


class MachineSize(str):
    """A size of virtual machines, such as `Standard_E8s_v5`. Whether the subscription has it is Azure's to say."""

    __slots__ = ()
    noun = "a machine size"
    placeholder = "size"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name as Azure forms them. Raises ValueError."""
        if not _SIZE.fullmatch(text):
            raise ValueError("type the name that Azure gives it, as in Standard_E8s_v5")
        return cls(text)


class SeverityName(str):
    """How bad an alert must be: `note`, `warning` or `critical`."""

    __slots__ = ()
    noun = "a severity"
    placeholder = "severity"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the three. Raises ValueError."""
        if text.lower() not in ("note", "warning", "critical"):
            raise ValueError("type note, warning or critical")
        return cls(text.lower())


class WatcherNames(str):
    """What is watched, some names with commas between; whether they are names is for the command to say."""

    __slots__ = ()
    noun = "a list of alerts"
    placeholder = "names"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept words with commas between. Raises ValueError."""
        if not _WATCHERS.fullmatch(text.lower()):
            raise ValueError("type names with commas between and no spaces, as in cert,nodes")
        return cls(text.lower())

    @property
    def names(self) -> tuple[str, ...]:
        """The names, each once."""
        return tuple(dict.fromkeys(self.split(",")))


class OperationId(str):
    """The id of a change, or its beginning: 4 to 16 hexadecimal digits."""

    __slots__ = ()
    noun = "an id"
    placeholder = "id"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept hexadecimal digits in any case. Raises ValueError."""
        if not _OPERATION.fullmatch(text.lower()):
            raise ValueError("type its first 4 characters or more, digits and the letters a-f, as in 3f9a")
        return cls(text.lower())


class EntryNumber(str):
    """The number of an entry of the audit trail; `value` is what it means."""

    __slots__ = ()
    noun = "the number of an entry"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raises ValueError."""
        if not _ENTRY.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 120")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class PageNumber(str):
    """The number of a page of an answer; `value` is what it means."""

    __slots__ = ()
    noun = "a page number"
    placeholder = "page"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raises ValueError."""
        if not _PAGE.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 2")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class RevisionNumber(str):
    """The number of a revision of the release; `value` is what it means."""

    __slots__ = ()
    noun = "a revision number"
    placeholder = "revision"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raises ValueError."""
        if not _REVISION.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 7; /jhub history lists the revisions")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class HubName(str):
    """The name of one of the bot's hubs."""

    __slots__ = ()
    noun = "the name of a hub"
    placeholder = "hub"

    @classmethod
    def parse(cls, text: str) -> "HubName":
        """The name in lower case. Raises ValueError."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", text.lower()):
            raise ValueError("type up to 20 letters, digits and hyphens, as in test; /jhub hubs lists the hubs")
        return cls(text.lower())
