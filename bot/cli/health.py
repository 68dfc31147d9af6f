"""`jhub-bot health`: check that the bot on this machine answers. For engines that can only run programs."""

import http.client
from dataclasses import dataclass
from http import HTTPStatus

from bot.config.settings import Settings

_TIMEOUT = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound


@dataclass(frozen=True)
class BotHealth:
    """State of the bot, and what was found at its address, as a sentence."""

    alive: bool
    found: str


def health(settings: Settings) -> BotHealth:
    """Ask the bot that these settings start, at /healthz, for at most five seconds."""
    host, port = _EVERYWHERE.get(settings.teams.host, settings.teams.host), settings.teams.port
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except TimeoutError:
        return BotHealth(alive=False, found=f"Nothing answers at {url} within {_TIMEOUT:.0f} s.")
    except OSError as error:
        return BotHealth(alive=False, found=f"Nothing answers at {url}: {(error.strerror or str(error)).lower()}.")
    except http.client.HTTPException:
        return BotHealth(
            alive=False, found=f"Something answers at {url}, but not in HTTP: another program has the port."
        )
    finally:
        connection.close()
    if status == HTTPStatus.OK:
        return BotHealth(alive=True, found=f"The bot is alive: {url} answers with status 200.")
    return BotHealth(alive=False, found=f"Something answers at {url}, but with status {status} instead of 200.")
