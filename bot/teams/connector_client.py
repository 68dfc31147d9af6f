"""Client of Bot Framework's Connector, version 3: create a message, edit it, and know what a failure means.

The one question after a failure is whether the message may be there nevertheless; each error answers it.
"""

import email.utils
import json
import logging
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.teams.auth.outbound_tokens import TokenSource, TokenUnavailable
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable, delivery_error
from bot.teams.service_urls import may_send_to
from bot.teams.settings import TeamsSettings
from clients.instrumentation import watched

_LOG = logging.getLogger("jhub_bot.teams.connector")


_MAX_RETRY_AFTER: Final = 600.0


_MAX_ANSWER: Final = 256 * 1024


# A team has at most 25,000 members; a page of them must stay below the longest answer.
_PAGE: Final = 200


_MOST_PAGES: Final = 200


_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


# Shorter than the 5 s after which Node servers close idle connections: a request on a connection that is just
# being closed is one of those of which nobody knows whether they arrived.
_KEEP_ALIVE: Final = 4.0


Json = Mapping[str, object]


def open_session() -> aiohttp.ClientSession:
    """Return a session with the connector's timeouts and limits. The caller closes it."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=40, keepalive_timeout=_KEEP_ALIVE),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_TIMEOUT,
        trace_configs=watched("teams"),
    )


class Connector:
    """Client that sends to any conversation.

    Each method raises NotDelivered, DeliveryUnknown, Unacceptable or ConversationGone.
    """

    def __init__(self, session: aiohttp.ClientSession, tokens: TokenSource, settings: TeamsSettings) -> None:
        self._session = session
        self._tokens = tokens
        self._settings = settings

    async def create(self, reference: ConversationReference, activity: Json) -> str:
        """Create a message, in a channel with a thread of its own, and return its id, empty if the answer named none.

        A thread's id names the channel and its first message (`19:…@thread.tacv2;messageid=1783…`), which is where the
        message is edited and answered; beside it the answer gives the message's own (`activityId`).
        """
        if reference.a_channel:
            answer = await self._send("POST", self._root(reference), _new_thread(reference, activity))
            return _id(answer, "activityId") or _id(answer).rpartition("=")[2]
        url = _for_recipient(self._url(reference, "activities"), reference)
        return _id(await self._send("POST", url, activity))

    async def personal(self, reference: ConversationReference, member: str) -> str:
        """Return the id of the personal chat with a person. Begin it where there is none yet; twice is as once.

        `member` is their id in Teams; where the app is installed for them, their object id will do. Raise
        ConversationGone or Unacceptable where the bot may not write to them.
        """
        return _id(await self._send("POST", self._root(reference), _personal_chat(reference, member)))

    async def update(self, reference: ConversationReference, message_id: str, activity: Json) -> None:
        """Replace a message. Doing it twice does no harm."""
        url = self._url(reference.thread(message_id), "activities", message_id)
        await self._send("PUT", _for_recipient(url, reference), activity)

    async def delete(self, reference: ConversationReference, message_id: str) -> None:
        """Delete a message. Doing it twice raises ConversationGone, with `missing`."""
        url = self._url(reference.thread(message_id), "activities", message_id)
        await self._send("DELETE", _for_recipient(url, reference), None)

    async def react(self, reference: ConversationReference, message_id: str, reaction: str) -> None:
        """Put a reaction on somebody's message, under Teams' name for it. Doing it twice does no harm."""
        await self._send("PUT", self._url(reference, "activities", message_id, "reactions", reaction), None)

    async def probe(self, reference: ConversationReference) -> None:
        """Ask something that changes nothing. Return if the service answers, be it with a refusal."""
        try:
            await self._send("GET", self._url(reference, "pagedmembers"), None)
        except (ConversationGone, Unacceptable):
            return

    async def members(self, reference: ConversationReference) -> list[Json]:
        """Return everybody in the conversation, as the service tells of them (`TeamsChannelAccount`)."""
        url, following = self._url(reference, "pagedmembers"), ""
        found: list[Json] = []
        for _ in range(_MOST_PAGES):
            query = {"pageSize": str(_PAGE)} | ({"continuationToken": following} if following else {})
            page = _object(await self._send("GET", url.with_query(query), None))
            listed = page.get("members")
            found += [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            following = str(page.get("continuationToken") or "")
            if not following:
                return found
        raise Unacceptable("the roster has more pages than any team has people")

    def _url(self, reference: ConversationReference, *path: str) -> URL:
        parts = (reference.conversation_id, *path)
        return URL("/".join((str(self._root(reference)), *(quote(part, safe="") for part in parts))), encoded=True)

    def _root(self, reference: ConversationReference) -> URL:
        if not may_send_to(reference.service_url, self._settings):
            raise ConversationGone("the serviceUrl is not one that may be sent to", missing=False)
        return URL(f"{reference.service_url.rstrip('/')}/v3/conversations", encoded=True)

    async def _send(self, method: str, url: URL, activity: Json | None) -> bytes:
        status, retry_after, answer = await self._exchange(method, url, activity)
        if status == HTTPStatus.UNAUTHORIZED:
            self._tokens.forget()
            status, retry_after, answer = await self._exchange(method, url, activity)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise delivery_error(status, retry_after, _code(answer))

    async def _exchange(self, method: str, url: URL, activity: Json | None) -> tuple[int, float | None, bytes]:
        try:
            headers = _headers(await self._tokens.get())
            body = None if activity is None else compact(activity)
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                answer = await _read(response)
                return response.status, _seconds(response.headers.get("Retry-After")), answer
        except TokenUnavailable as error:
            raise NotDelivered(f"no token: {error}") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotDelivered(type(error).__name__) from None
        except aiohttp.InvalidURL:
            raise ConversationGone("the address cannot be used", missing=False) from None
        except (aiohttp.ClientError, OSError) as error:
            raise DeliveryUnknown(type(error).__name__) from None


def _for_recipient(url: URL, reference: ConversationReference) -> URL:
    """Return the address of a message. A targeted message has to be asked for as such, edits included."""
    return url.update_query(isTargetedActivity="true") if reference.targeted else url


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the start of the answer. Once there is a status, a broken answer does not change what it said."""
    answer = bytearray()
    try:
        async for chunk in response.content.iter_chunked(_MAX_ANSWER):
            answer += chunk
            if len(answer) > _MAX_ANSWER:
                break
    except (aiohttp.ClientError, OSError) as error:
        _LOG.warning("an answer with status %d broke off: %s", response.status, type(error).__name__)
    return bytes(answer)


def _headers(token: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _seconds(retry_after: str | None) -> float | None:
    """Return Retry-After in seconds from now, at most ten minutes; None where it is absent or unreadable."""
    if retry_after is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", retry_after.strip()):
        return min(float(retry_after), _MAX_RETRY_AFTER)
    try:
        moment = email.utils.parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, moment - time.time()), _MAX_RETRY_AFTER)


def _object(answer: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _new_thread(reference: ConversationReference, activity: Json) -> Json:
    """Return Bot Framework's ConversationParameters for a new thread in a channel."""
    return {
        "isGroup": True,
        "bot": {"id": reference.bot_id, "name": reference.bot_name},
        "tenantId": reference.tenant_id,
        "channelData": {"channel": {"id": reference.conversation_id}, "tenant": {"id": reference.tenant_id}},
        "activity": {name: value for name, value in activity.items() if name != "conversation"},
    }


def _personal_chat(reference: ConversationReference, member: str) -> Json:
    """Return Bot Framework's ConversationParameters for a chat with one person."""
    return {
        "isGroup": False,
        "bot": {"id": reference.bot_id, "name": reference.bot_name},
        "members": [{"id": member}],
        "tenantId": reference.tenant_id,
        "channelData": {"tenant": {"id": reference.tenant_id}},
    }


def _id(answer: bytes, name: str = "id") -> str:
    value = _object(answer).get(name)
    return value if isinstance(value, str) else ""


def _code(answer: bytes) -> str:
    """Return the error code of an answer, if it looks like one: it ends up in the log."""
    error = _object(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"\w{1,64}", code) else ""


def compact(content: object) -> bytes:
    """Return `content` in as few bytes as may be: a card's size is measured in this form, and Teams limits it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # Half of a character pair, cut off somewhere, has no UTF-8: it becomes a question mark.
    return text.encode("utf-8", "replace")
