"""The bot that Microsoft's samples begin with: it answers with the text that it got. Served by the benchmark."""

import asyncio

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"


class Echo(ActivityHandler):
    """A bot that answers with the text that it got."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer a message."""
        await turn_context.send_activity(f"Echo: {turn_context.activity.text}")


async def serve(app: web.Application, kind: str) -> None:
    """Serve on a free port of this machine, say where, and go on until killed."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages?{kind}", flush=True)
    await asyncio.Event().wait()
