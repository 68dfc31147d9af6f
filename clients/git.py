"""The refs of a git repository, as `git ls-remote` lists them, by plain HTTP.

Smart HTTP protocol, version 0 (git's `gitprotocol-http`, which every server of today speaks): one request, answered
with a line for each ref. Nothing is cloned.
"""

import asyncio
import base64
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from clients.answers import RedirectedError, TooLongError, UnusableError
from clients.azure.identity import Token
from clients.errors import NotFound, Unavailable
from clients.http import is_loopback, read_whole, session

SYSTEM: Final = "The image's repository"
_SETTINGS: Final = "image.repository, image.repository_token_file"
# The user that goes with a token: GitHub's own choice for apps; for personal tokens, and elsewhere, any will do.
USER: Final = "x-access-token"
# A hundred thousand refs.
_LARGEST: Final = 10 << 20
_MOST_LINES: Final = 200_000
_LENGTH: Final = re.compile(rb"[0-9a-f]{4}")
_REF: Final = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([!-~]+)")
# An annotated tag stands there twice, the second time so, with what it points to.
_PEELED: Final = "^{}"


class Repository:
    """A client of one repository, by its address as for `git clone`. `token` returns the password of a private one.

    `called` is what people call it, `settings` where it is configured, both for messages. Raises ValueError for an
    address that is not plain http or https, and for http to another machine with a token.
    """

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        called: str = SYSTEM,
        settings: str = _SETTINGS,
        timeout: float = 5.0,
    ) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("the repository's address must be plain http or https, without a password")
        if token is not None and address.scheme == "http" and not is_loopback(url):
            raise ValueError("a token is sent to a repository over https only")
        self.url = url.rstrip("/")
        self._token = token
        self._called, self._settings = called, settings
        self._timeout = timeout

    async def refs(self) -> dict[str, str]:
        """Return the commit of each ref, by its full name such as `refs/heads/main`. Raise NotFound or Unavailable.

        An annotated tag has the commit that it points to.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.to_thread(_refs, await self._asked())
        except TimeoutError as error:
            raise Unavailable(self._called, f"did not answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(self._called, "cannot be reached") from error
        except UnusableError as error:
            raise Unavailable(self._called, self._of_no_use(error)) from error
        except ValueError as error:
            raise Unavailable(self._called, "returned an answer that is not from git") from error

    def _of_no_use(self, error: UnusableError) -> str:
        match error:
            case TooLongError():
                return "has more branches and tags than the bot can read"
            case RedirectedError():
                # The password goes nowhere that nobody has configured.
                return f"has moved: set {self._settings.partition(',')[0]} to its new address"
        return error.what

    async def _asked(self) -> bytes:
        headers = {"Accept": "*/*"}
        if self._token is not None:
            shown = base64.b64encode(f"{USER}:{await self._token()}".encode()).decode()
            headers["Authorization"] = f"Basic {shown}"
        url = f"{self.url}/info/refs?service=git-upload-pack"
        async with (
            session("image-repository", self.url) as made,
            made.get(url, headers=headers, allow_redirects=False) as response,
        ):
            _check(response.status, self._called, self._settings)
            return await read_whole(response, _LARGEST)


def _check(status: int, called: str, settings: str) -> None:
    match status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise Unavailable(called, f"does not let the bot read it ({status}): {settings}")
        case HTTPStatus.NOT_FOUND:
            # What forges say to strangers of private repositories too.
            raise NotFound(f"{called} does not exist, or the bot has no access to it: {settings}")
    raise Unavailable(called, f"answered with an error ({status})")


def _refs(content: bytes) -> dict[str, str]:
    """Return the refs of an advertisement. Raise ValueError for anything else."""
    lines = _lines(content)
    if next(lines, b"").rstrip(b"\n") != b"# service=git-upload-pack":
        raise ValueError("no advertisement of git's")
    found: dict[str, str] = {}
    line = b""
    for line in lines:
        match = _REF.fullmatch(line.partition(b"\0")[0].rstrip(b"\n"))
        if match is not None:
            name = match[2].decode("ascii")
            found[name.removesuffix(_PEELED)] = match[1].decode("ascii")
    if not line:
        # Even of a repository without a branch there is a line, with what the server can do.
        raise ValueError("an advertisement of nothing")
    return {name: sha for name, sha in found.items() if name.startswith("refs/")}


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield the pkt-lines of an answer; flushes and other marks are skipped. Raise ValueError or TooLongError."""
    at = 0
    for _ in range(_MOST_LINES):
        if at >= len(content):
            return
        start = content[at : at + 4]
        if not _LENGTH.fullmatch(start):
            raise ValueError("no length of a line")
        length = int(start, 16)
        if length > len(start):
            if at + length > len(content):
                raise ValueError("a line that breaks off")
            yield content[at + 4 : at + length]
        at += max(length, len(start))
    raise TooLongError
