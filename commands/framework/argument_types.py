"""The types of arguments. Each value is parsed here, once, and trusted from then on.

A type is a `str` subclass with `parse`, which returns the value or raises ValueError with a sentence that says what to
type instead. A parsed value may stand in an argument list, a label selector or a path without quoting. `noun` is the
name of one value in a sentence, with its article: "“x” is not a tag: …", "“deploy” needs a tag". `placeholder` stands
for it in a usage line.
"""

import re
import unicodedata
from datetime import timedelta
from typing import Final, Self

from commands.timing import durations

# Kubernetes 1.32 object names: DNS subdomains (RFC 1123).
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


_OPERATION = re.compile(r"[0-9a-f]{4,16}")


_PREFIX = re.compile(r"^/?jhub\s+", re.IGNORECASE)


# Microsoft Entra's limit: 64 characters, the @, and 48 of domain.
_USER_LENGTH: Final = 255
_UPN_LENGTH: Final = 113


_SERVER_LENGTH: Final = 100


_LONGEST: Final = timedelta(days=3650)


# The claim of the hub's own database, as every chart of Zero to JupyterHub names it.
HUB_DATABASE: Final = "hub-db-dir"


class CommandName(str):
    """Words that may be a command's name; `help` checks that they are one."""

    __slots__ = ()
    noun = "the name of a command"
    placeholder = "command"
    takes_the_rest = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept anything short. Raise ValueError."""
        if len(text) > 60:  # noqa: PLR2004 - three times the longest name there is
            raise ValueError("it is longer than any name; /jhub help lists all commands")
        return cls(text.lower())


class CommandLine(str):
    """A whole command with its arguments and flags, without “/jhub”; its parser checks that it is one."""

    __slots__ = ()
    noun = "a command to run"
    placeholder = "command"
    takes_the_line = True
    may_be_quoted = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a line. Raise ValueError."""
        if len(text) > 300:  # noqa: PLR2004 - named in the message
            raise ValueError(f"a scheduled command has at most 300 characters, and this has {len(text)}")
        return cls(_PREFIX.sub("", text))


class Reason(str):
    """The requester's reason, for those who approve and for the audit trail."""

    __slots__ = ()
    noun = "a reason"
    placeholder = "text"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a sentence. Raise ValueError."""
        if not text.strip():
            raise ValueError("say why in a few words, in quotation marks")
        if len(text) > 200:  # noqa: PLR2004 - named in the message
            raise ValueError(f"a reason has at most 200 characters, and this has {len(text)}")
        return cls(text.strip())


class UserName(str):
    """The name of a hub's user as typed, NFC-normalised: a UPN where the hub takes those for names, or any other name.

    JupyterHub's names have no slash and at most 255 characters (orm.User, auth.py `validate_username`). One with an @
    is held to be a UPN, so that a mistyped address is told. It is compared by `folded`, and may hold quotes, spaces and
    letters of any script: it goes into an address or a line to type only quoted.
    """

    __slots__ = ()
    noun = "a user"
    placeholder = "user"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept the name of a user, with or without the angle brackets of a mail program. Raise ValueError."""
        if "@" in text:
            return cls(Upn.parse(text))
        name = unicodedata.normalize("NFC", text.strip())
        if len(name) > _USER_LENGTH:
            raise ValueError(f"it may have at most {_USER_LENGTH} characters, and this has {len(name)}")
        if any(char in name for char in "*?"):
            raise ValueError("wildcards do not work here; name one user, as in ada or ada@example.org")
        if name.lower() == HUB_DATABASE:
            raise ValueError(
                f"{HUB_DATABASE} is the hub’s own database, which the bot never touches; name a user, as in ada or "
                "ada@example.org"
            )
        if not name or not all(map(_may_stand_in_a_user, name)) or not any(map(_is_letter_or_digit, name)):
            raise ValueError("type the name as the hub has it, as in ada or ada@example.org")
        return cls(name)


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
        """Accept a name with one @, with or without the angle brackets of a mail program. Raise ValueError."""
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
    """Return the name for comparison: the same for other case and for accents typed as separate characters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _may_stand_in_a_user(char: str) -> bool:
    return char == " " or (char not in '/<>|"\\`' and unicodedata.category(char)[0] in "LNMPS")


def _is_letter_or_digit(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


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
        """Accept a name. Raise ValueError."""
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
        """Accept a name as Kubernetes has them. Raise ValueError."""
        if any(char in text for char in "*?"):
            raise ValueError("wildcards do not work here; type one name in full")
        if text == HUB_DATABASE:
            raise ValueError(f"{HUB_DATABASE} is the hub’s own database, which the bot never touches")
        if not _OBJECT.fullmatch(text):
            raise ValueError("type lower-case letters, digits, “-” and “.” only, at most 253 of them")
        return cls(text)


class Age(str):
    """A length of time up to ten years, such as `7d`; `length` is its value."""

    __slots__ = ()
    noun = "a length of time"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `durations.parse` accepts, more than nothing. Raise ValueError."""
        length = durations.parse(text)
        if not timedelta(0) < length <= _LONGEST:
            raise ValueError("type more than zero and at most 3650d, as in 7d")
        return cls(text.strip().lower())

    @property
    def length(self) -> timedelta:
        """The length of time."""
        return durations.parse(self)


class OperationId(str):
    """The id of a change, or its beginning: 4 to 16 hexadecimal digits."""

    __slots__ = ()
    noun = "an id"
    placeholder = "id"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept hexadecimal digits in any case. Raise ValueError."""
        if not _OPERATION.fullmatch(text.lower()):
            raise ValueError("type its first 4 characters or more, digits and the letters a-f, as in 3f9a")
        return cls(text.lower())
