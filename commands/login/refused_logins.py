"""Logins that Entra refused, found in the hub's log: only the person at the browser sees why.

Two kinds of records tell of them (oauthenticator 17.3 `oauth2.py`, JupyterHub 5.5 `log.py`, tornado 6.6 `web.py`):

- Entra sends the browser back to /hub/oauth_callback with `error` and `error_description`, and the hub answers 400
  "OAuth error: …". Whoever opens that address can write anything there: of such words only a code of Entra's is taken.
- Entra's token endpoint refuses the hub itself: "Error fetching 401 POST https://…/token: {…}". The hub wrote that of
  what Entra answered to it.

A callback without an error ends what was refused before: somebody has logged in.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from commands.kubernetes.messages import quoted
from commands.login.entra_codes import ENTRA_CODES, EntraCode, is_code, name_of
from commands.logs.hub_records import SAID, HubRecord, hub_records
from commands.ports.context import Reads

# What tornado logs of a refused request, and JupyterHub of each; the address is what a visitor typed.
_CALLBACK: Final = r"GET (?P<address>/\S{0,200}?hub/oauth_callback(?:\?\S{0,8000})?)"
_TURNED_BACK: Final = re.compile(rf"{SAID}400 {_CALLBACK} \([^)\s]{{0,60}}\): OAuth error: ")
_LET_IN: Final = re.compile(rf"{SAID}302 {_CALLBACK} ->")
# Any authority of Entra's: there are national ones.
_TOKEN: Final = re.compile(
    rf"{SAID}Error \w{{1,40}} \d{{3}} POST https://login\.[a-z.]{{1,60}}/[^\s/]{{1,100}}/oauth2/(?:v2\.0/)?token: "
)
_CODE: Final = re.compile(r"\bAADSTS(\d{5,8})\b")
_LOOK_UP: Final = "Microsoft explains it at login.microsoftonline.com/error?code={}."
_MOST_ANSWER: Final = 8_000


@dataclass(frozen=True)
class RefusedLogin:
    """A login that Entra refused: when, by which code, 0 where it named none.

    `by_entra` says that Entra itself told the hub so; else a browser brought the code, and anybody can make one do so.
    `answer` is what Entra told the hub, empty for what a browser brought.
    """

    when: datetime
    code: int
    by_entra: bool
    answer: str = ""

    @property
    def known(self) -> EntraCode | None:
        """The meaning of the code, or None if it is not known."""
        return ENTRA_CODES.get(self.code)

    @property
    def words(self) -> str:
        """A sentence on what was refused and why, without a word of a visitor's."""
        if self.known:
            return f"{name_of(self.code)}: {self.known.meaning}."
        if self.answer:
            return f"Entra says: {quoted(self.answer)}."
        if self.code:
            return f"{name_of(self.code)}, a code that the bot does not know. {_LOOK_UP.format(self.code)}"
        return "The browser brought no code of Entra’s."


async def refused_logins(reads: Reads, within: timedelta) -> list[RefusedLogin]:
    """Return the logins that Entra refused since the last that succeeded, the latest last. Raise Unavailable."""
    return found(await hub_records(reads, within))


def found(records: Sequence[HubRecord]) -> list[RefusedLogin]:
    """Return the refused logins of the hub's log. Pure."""
    refused = list[RefusedLogin]()
    for record in records:
        if _LET_IN.match(record.text) and "error=" not in record.text:
            # What is wrong with the hub's client or secret is so for all; what one person may not, another may.
            refused = [one for one in refused if not one.by_entra]
        refused += _of(record)
    return refused


def _of(record: HubRecord) -> Iterator[RefusedLogin]:
    if turned := _TURNED_BACK.match(record.text):
        yield RefusedLogin(record.when, _brought(turned["address"]), by_entra=False)
    elif told := _TOKEN.match(record.text):
        answer = "\n".join((record.text[told.end() :], *record.below))[:_MOST_ANSWER]
        yield RefusedLogin(record.when, *_answered(answer))


def _brought(address: str) -> int:
    """Return the code that an address carries, of all that may stand there; 0 without one."""
    try:
        query = parse_qs(urlsplit(address).query, max_num_fields=20)
    except ValueError:
        return 0
    said = " ".join(query.get("error_description", ())[:1] or query.get("error", ())[:1])
    # Entra's own begins with it.
    first = re.match(r"AADSTS(\d{5,8})\b", said)
    return int(first[1]) if first and is_code(first[1]) else 0


def _answered(answer: str) -> tuple[int, bool, str]:
    """Return the code, that Entra itself gave it, and its words, of an answer of the token endpoint."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        told = None
    said = told.get("error_description") if isinstance(told, dict) else None
    text = said if isinstance(said, str) else answer
    code = _CODE.search(text)
    first = text.partition("Trace ID:")[0].partition("\r\n")[0]
    return (int(code[1]) if code else 0), True, first[:1_000]


@dataclass(frozen=True)
class RefusalCount:
    """How often Entra refused logins for one reason: a refusal that stands for them, the last, and how many."""

    last: RefusedLogin
    times: int


def counted(refused: Sequence[RefusedLogin]) -> list[RefusalCount]:
    """Return the reasons with how often each was met: what Entra told the hub first, then the most frequent. Pure."""
    alike: dict[tuple[int, bool], list[RefusedLogin]] = {}
    for one in refused:
        alike.setdefault((one.code, one.by_entra), []).append(one)
    made = [RefusalCount(same[-1], len(same)) for same in alike.values()]
    return sorted(made, key=lambda one: (not one.last.by_entra, -one.times))
