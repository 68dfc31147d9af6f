"""Refusals in the form of Prometheus' HTTP API."""

from aiohttp import web

BAD_DATA = "bad_data"


class QueryError(Exception):
    """A query that cannot be answered. The message is Prometheus' own."""


def refusal(status: int, kind: str, message: str) -> web.Response:
    """Return an error response: `kind` is the API's `errorType`."""
    return web.json_response({"status": "error", "errorType": kind, "error": message}, status=status)
