"""Replies to people whose command failed."""

import logging
import secrets
from dataclasses import dataclass

from bot.changes import replies
from bot.changes.step_results import StepBroken
from bot.instrumentation.outcomes import Outcome
from cards.views import View
from clients.errors import NotFound, Rejected, Unavailable
from commands.framework.errors import Refused, UserError

_LOG = logging.getLogger("jhub_bot.workflow")


@dataclass(frozen=True)
class ErrorReply:
    """The end of a request: a view for the card, and its code."""

    view: View
    outcome: Outcome


def answer_to(error: Exception, request: str) -> ErrorReply:  # noqa: PLR0911 - one for each kind of error
    """Return what an error means to whoever asked. A bug is logged here, with the reference that the card shows."""
    match error:
        case UserError():
            return ErrorReply(replies.invalid(error), Outcome.INVALID)
        case Refused():
            return ErrorReply(replies.not_allowed(str(error)), Outcome.REFUSED)
        case Unavailable():
            _LOG.warning("request=%s: %s", request, error)
            return ErrorReply(replies.unavailable(error), Outcome.UNAVAILABLE)
        case NotFound():
            return ErrorReply(replies.missing(error), Outcome.INVALID)
        case Rejected():
            return ErrorReply(replies.rejected(error), Outcome.FAILED)
        case StepBroken():
            return ErrorReply(replies.bug(error.reference), Outcome.BUG)
    reference = secrets.token_hex(4)
    _LOG.error("reference=%s request=%s", reference, request, exc_info=error)
    return ErrorReply(replies.bug(reference), Outcome.BUG)
