"""GET /about: the page that the Teams app names as its website, its privacy statement and its terms of use.

Static, and the same for everybody: it tells nothing about the hub.
"""

from typing import Final

from aiohttp import web

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "max-age=3600",
}

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A JupyterHub, run from Microsoft Teams</title>
<style>body { font: 1.05rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #222 }</style>
<h1>A JupyterHub, run from Microsoft Teams</h1>
<p>At this address a bot works for one organisation: those who run its JupyterHub mention it in Teams to see how the hub
is, to change it, and to be told when something breaks. Mention it with <b>help</b> to see what you may do.</p>
<h2>Privacy</h2>
<p>The bot reads what mentions it or is written to it, and no other message. It keeps the names and Entra object ids of
those who wrote to it, and of each change who asked for it, who agreed, what was done and where: an audit trail, which
nobody can alter. It keeps no passwords and no contents of notebooks or homes, and hides secrets from what it shows.
All of it stays in the database of the organisation that runs the bot, which also answers questions about it.</p>
<h2>Terms</h2>
<p>What you may do is decided by the groups that you are in; what you do is on record. The software is free under the
MIT licence and comes without any warranty.</p>
</html>
"""


async def about(_: web.Request) -> web.Response:
    """The page."""
    return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)
