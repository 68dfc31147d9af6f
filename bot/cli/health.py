"""`jhub-bot health`: whether the bot on this machine answers. For engines that can only run a program in the image."""

import http.client
from http import HTTPStatus

from bot.config import Settings

_TIMEOUT = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound


def healthy(settings: Settings) -> bool:
    """Whether the bot that these settings start answers at /healthz, within five seconds."""
    teams = settings.teams
    connection = http.client.HTTPConnection(_EVERYWHERE.get(teams.host, teams.host), teams.port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
