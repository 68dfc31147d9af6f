"""The refs of a git repository: what `git ls-remote` tells, by plain HTTP.

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

from clients.errors import NotFound, Unavailable
from clients.http import TooLongError, is_loopback, read_whole
from clients.identity import Token
from clients.traffic import watched

SYSTEM: Final = "The image's repository"
_SETTINGS: Final = "image.repository, image.repository_token_file"
# The user that goes with a token: GitHub's own choice for apps; for personal tokens, and elsewhere, any will do.
USER: Final = "x-access-token"
# A hundred thousand refs.
_LARGEST: Final = 10 << 20
_LENGTH: Final = re.compile(rb"[0-9a-f]{4}")
_REF: Final = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([!-~]+)")
# An annotated tag stands there twice, the second time so, with what it points to.
_PEELED: Final = "^{}"


class Repository:
    """One repository, by its address as for `git clone`. `token` gives a password where it is private.

    `called` is what people call it, `settings` where it is configured, both for messages.
    Raises ValueError for an address that is not plain http or https, and for http to another machine with a token.
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
            raise ValueError("a token goes to a repository by https only")
        self.url = url.rstrip("/")
        self._token = token
        self._called, self._settings = called, settings
        self._timeout = timeout

    async def refs(self) -> dict[str, str]:
        """The commit of each ref, by its full name such as `refs/heads/main`. Raises NotFound, Unavailable.

        An annotated tag has the commit that it points to.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return _refs(await self._asked())
        except TimeoutError as error:
            raise Unavailable(self._called, f"did not answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(self._called, "cannot be reached") from error
        except TooLongError as error:
            raise Unavailable(self._called, "has more branches and tags than the bot reads") from error
        except ValueError as error:
            raise Unavailable(self._called, "gave an answer that is not git's") from error

    async def _asked(self) -> bytes:
        headers = {"Accept": "*/*"}
        if self._token is not None:
            shown = base64.b64encode(f"{USER}:{await self._token()}".encode()).decode()
            headers["Authorization"] = f"Basic {shown}"
        url = f"{self.url}/info/refs?service=git-upload-pack"
        async with (
            aiohttp.ClientSession(
                trust_env=not is_loopback(self.url), trace_configs=watched("image-repository")
            ) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
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
            raise NotFound(f"{called} is not there, or not for the bot: {settings}")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        # The password goes nowhere that nobody has configured.
        raise Unavailable(called, f"has moved: give its new address as {settings.partition(',')[0]}")
    raise Unavailable(called, f"answered with an error ({status})")


def _refs(content: bytes) -> dict[str, str]:
    """The refs in an advertisement. Raises ValueError for what is none."""
    lines = _lines(content)
    if next(lines, b"").rstrip(b"\n") != b"# service=git-upload-pack":
        raise ValueError("no advertisement of git's")
    found: dict[str, str] = {}
    for line in lines:
        match = _REF.fullmatch(line.partition(b"\0")[0].rstrip(b"\n"))
        if match is not None:
            name = match[2].decode("ascii")
            found[name.removesuffix(_PEELED)] = match[1].decode("ascii")
    return {name: sha for name, sha in found.items() if name.startswith("refs/")}


def _lines(content: bytes) -> Iterator[bytes]:
    """The pkt-lines of an answer; flushes and other marks (lengths 0 to 4) are none. Raises ValueError."""
    at = 0
    while at < len(content):
        start = content[at : at + 4]
        if not _LENGTH.fullmatch(start):
            raise ValueError("no length of a line")
        length = int(start, 16)
        if length > len(start):
            if at + length > len(content):
                raise ValueError("a line that breaks off")
            yield content[at + 4 : at + length]
        at += max(length, len(start))
