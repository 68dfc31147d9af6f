"""The buttons below a certificate that is not good: what helps now, and nothing that Let's Encrypt would refuse."""

from collections.abc import Sequence
from typing import Final

from cards.views import Button, ButtonStyle, typing
from commands.certificate.cause import Explanation

_LOG: Final = typing("Show log", "/jhub logs autohttps traefik")
_RETRY: Final = typing("Retry", "/jhub cert retry", ButtonStyle.POSITIVE)
_RESET: Final = typing("Reset the certificate", "/jhub cert reset")
_SHOW: Final = typing("Show the certificate", "/jhub cert")


def buttons_for(causes: Sequence[Explanation | None]) -> tuple[Button, ...]:
    """Return the buttons for these hosts. One host for which nothing can be tried now holds them all back.

    None is a host whose cause was not looked for, which a retry may help.
    """
    known = [one for one in causes if one is not None]
    if known and all(not one.by_autohttps for one in known):
        return (_SHOW,)
    offered = [_LOG]
    if all(one is None or one.is_retried for one in causes):
        offered.append(_RETRY)
    if all(one is None or one.is_reset for one in causes):
        offered.append(_RESET)
    return tuple(offered)
