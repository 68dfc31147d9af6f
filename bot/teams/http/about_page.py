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
<p>This bot works for one organisation. The people who run its JupyterHub mention it in Teams to see how the hub is
doing, to change it, and to get an alert when something breaks. Mention the bot with <b>help</b> to see what you may
do.</p>
<h2>Privacy</h2>
<p>The bot reads messages that mention it or are sent to it, and no others. It stores the names and Entra object ids of
the people who wrote to it. For each change it stores who asked for it, who approved it, what was done and where, in an
audit trail that shows if an entry is missing or was altered. It does not store passwords or the contents of notebooks
and homes, and it hides secrets in what it shows. All data stays in the database of the organisation that runs the bot,
which also answers questions about it.</p>
<h2>Terms</h2>
<p>The groups that you are in decide what you may do, and what you do is recorded. The software is free, comes under the
MIT licence, and has no warranty.</p>
</html>
"""


async def about(_: web.Request) -> web.Response:
    """Return the page."""
    return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)
