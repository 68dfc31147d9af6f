"""A kernel at work: cells sent over its WebSocket, in the Jupyter protocol's JSON form."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp

from clients.answers import Json, UnreadableError, json_object, part, text
from clients.errors import Unavailable
from clients.jupyter.connection import SYSTEM, limited

CELL_SECONDS: Final = 60.0
"""How long a cell may run: the first one waits for the kernel, whose home may be on a slow disk."""
LARGEST_MESSAGE: Final = 1 << 20
_KERNEL: Final = "the kernel"
_MOST_MESSAGES: Final = 5_000
_LONGEST: Final = 10_000
_LONGEST_ERROR: Final = 300
_VERSION: Final = "5.3"


@dataclass(frozen=True)
class CellResult:
    """The outcome of a cell: the text of its last expression, or its error, as the kernel put it."""

    value: str = ""
    error: str = ""


class Kernel:
    """A kernel's channels. One cell at a time."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session = uuid.uuid4().hex

    async def execute(self, code: str, seconds: float = CELL_SECONDS) -> CellResult:
        """Run one cell, and return what it gave. Raise Unavailable for a kernel that does not answer in time."""
        asked = uuid.uuid4().hex
        try:
            async with limited(seconds):
                await self._socket.send_json(self._request(asked, code))
                return await self._outcome(asked)
        except Unavailable as error:
            if not isinstance(error.__cause__, TimeoutError):
                raise
            # The server has answered until now: it is its kernel that is silent.
            raise Unavailable(_KERNEL, f"did not run the cell within {seconds:g} s") from error

    def _request(self, asked: str, code: str) -> Mapping[str, object]:
        header = {
            "msg_id": asked,
            "session": self._session,
            "username": "",
            "date": datetime.now(UTC).isoformat(),
            "msg_type": "execute_request",
            "version": _VERSION,
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return {
            "channel": "shell",
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
        }

    async def _outcome(self, asked: str) -> CellResult:
        """Return the outcome once the reply has come and all output with it: a kernel that is idle has sent all."""
        value, error, replied, idle = "", "", False, False
        for _ in range(_MOST_MESSAGES):
            kind, content = await self._message(asked)
            match kind:
                case "execute_result":
                    value = text(part(content, "data"), "text/plain")[:_LONGEST]
                case "error":
                    error = _error(content)
                case "execute_reply":
                    replied = True
                    error = error or (_error(content) if text(content, "status") != "ok" else "")
                case "status":
                    idle = idle or text(content, "execution_state") == "idle"
            if replied and idle:
                return CellResult(value, error)
        raise Unavailable(SYSTEM, "sends messages without an end")

    async def _message(self, asked: str) -> tuple[str, Json]:
        """Return the type and content of the next message; empty for one that is not about this cell."""
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            if message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG):
                return "", {}
            raise Unavailable(SYSTEM, "closed the connection to its kernel")
        try:
            told = json_object(message.data.encode())
        except UnicodeEncodeError:
            raise UnreadableError from None
        if text(part(told, "parent_header"), "msg_id") != asked:
            return "", {}
        return text(part(told, "header"), "msg_type"), part(told, "content")


def _error(content: Json) -> str:
    said = f"{text(content, 'ename') or text(content, 'status') or 'error'}: {text(content, 'evalue')}"
    return " ".join(said.split())[:_LONGEST_ERROR].rstrip(": ")
