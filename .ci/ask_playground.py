"""Type a line into the Playground's personal chat and wait for words in the answer: `ask_playground.py URL LINE WORDS`.

It goes the way of the Playground's page: a message posted to its API, the answer from its stream.
"""

import asyncio
import sys

import aiohttp

_PATIENCE = 120
_CHAT = "personal-chat-id"


async def asked(url: str, line: str, words: str) -> int:
    """Return 0 once the answer has the words, 1 where none comes."""
    seen: list[str] = []
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            aiohttp.ClientSession(trust_env=False) as session,
            session.ws_connect(f"{url}/_ws_conversation/v1/conversations/stream", max_msg_size=0) as stream,
        ):
            await _post(session, url, line)
            while words not in (said := str((await stream.receive()).data)):
                seen.append(said[:300])
    except TimeoutError:
        print(f"no answer with “{words}” to “{line}”; heard:", *seen, sep="\n", file=sys.stderr)
        return 1
    print(f"The Playground shows the answer to “{line}”: “{words}” is in it.")
    return 0


async def _post(session: aiohttp.ClientSession, url: str, line: str) -> None:
    async with session.get(f"{url}/_internal/v1/config") as response:
        person = (await response.json())["config"]["currentUser"]["id"]
    message = {"from": {"id": person}, "text": line, "textFormat": "plain", "mentions": []}
    async with session.post(f"{url}/_conversation/v1/conversations/{_CHAT}/messages", json=message) as response:
        if not response.ok:
            raise SystemExit(f"the Playground answered {response.status}: {await response.text()}")


if __name__ == "__main__":
    sys.exit(asyncio.run(asked(*sys.argv[1:4])))
