"""The verdict on a person without a server: a start that failed lately, a login that does not work, or nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from cards.views import Tone
from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import Event
from commands.diagnostics.server_verdict import Scene, ServerVerdict, last_attempt
from commands.framework.argument_types import folded
from commands.framework.partial_results import attempt
from commands.kubernetes.problem import Cause, Step
from commands.login.refused_logins import counted, refused_logins
from commands.login.settings import login_settings
from commands.nodes.user_capacity import user_shortage
from commands.ports.context import Reads
from commands.servers.quota_outlook import QuotaTrouble
from commands.servers.quotas import quota_outlook
from commands.servers.refused_starts import RefusedStart, refused_starts
from commands.timing.timestamps import ago

_LATELY: Final = timedelta(hours=1)
_JUST_NOW: Final = timedelta(seconds=5)
# So many failed starts are not about one person any more.
_SEVERAL: Final = 3
_LOGIN: Final = Step("Show login", "/jhub auth")


async def without_server(
    scene: Scene, names: Collection[str], users: Sequence[HubUser] | Unavailable, reads: Reads
) -> ServerVerdict:
    """Return the verdict; `names` are those that a pod or claim of theirs can have. Raise Unavailable."""
    told = await attempt("The hub’s log", refused_starts(reads, _LATELY))
    failed_starts = [] if isinstance(told, Unavailable) else told
    failed = last_attempt(list(names), scene.events)
    if failed and not _is_later(_their_last(scene, failed_starts), failed[0]):
        event, trouble = failed
        words = f"No server is running. A start failed {_ago(event.last, scene.now)}: {trouble.told}"
        return ServerVerdict(scene.person.name, words, Tone.BAD, (trouble.step,) if trouble.step else ())
    if logged := _logged(scene, failed_starts):
        return logged
    if not isinstance(users, Unavailable) and (login := await _of_login(scene, reads)):
        return login
    return await _of_next_start(scene, failed_starts, reads)


async def _of_login(scene: Scene, reads: Reads) -> ServerVerdict | None:
    """Return a verdict if they cannot log in, or the hub does not know them."""
    who = scene.person.name
    if problem := await _login_problem(reads):
        return ServerVerdict(who, f"No server is running. {problem}", Tone.BAD, (_LOGIN,))
    if scene.person.known:
        return None
    words = "The hub does not know this user. They have a home here but have not logged in since the hub forgot them."
    return ServerVerdict(who, f"{words}{await _refusals(reads)}", Tone.WARNING, (_LOGIN,))


async def _of_next_start(scene: Scene, failed: Sequence[RefusedStart], reads: Reads) -> ServerVerdict:
    """Return what is to be expected if they start a server now."""
    who = scene.person.name
    if short := await user_shortage(reads):
        words = f"No server is running. {short.words}"
        return ServerVerdict(who, words, Tone.WARNING, (short.step,))
    if len(failed) >= _SEVERAL:
        last = failed[-1]
        others = f"{len(failed)} starts of others failed within the last hour, the last {ago(last.when, scene.now)}"
        words = f"No server is running. If they start one now, it may fail: {others}. {last.trouble.told}"
        return ServerVerdict(who, words, Tone.WARNING, (last.trouble.step,) if last.trouble.step else ())
    if refusing := _refusal(scene, await quota_outlook(reads)):
        words = f"No server is running. If they start one now, Kubernetes refuses it. {refusing.trouble.told}"
        return ServerVerdict(who, words, Tone.BAD, (refusing.trouble.step,) if refusing.trouble.step else ())
    text = "No server is running, and no start of theirs failed within the last hour: they can simply start one."
    return ServerVerdict(who, f"{text}{await _refusals(reads)}", Tone.NOTE, (_LOGIN,))


def _refusal(scene: Scene, quotas: Sequence[QuotaTrouble]) -> QuotaTrouble | None:
    """Return what refuses a start of theirs, whatever they choose; who has a home needs none."""
    refusing = (one for one in quotas if one.refuses and not one.profiles)
    return next((one for one in refusing if not (one.of_homes and scene.person.homes)), None)


async def _refusals(reads: Reads) -> str:
    """Return what Entra refused lately, which may have been theirs: the log does not say whose a login is."""
    refused = await attempt("The hub’s log", refused_logins(reads, _LATELY))
    if isinstance(refused, Unavailable) or not refused:
        return ""
    most = counted(refused)[0].last
    way = f" {most.known.way}" if most.known else ""
    logins = "a login" if len(refused) == 1 else f"{len(refused)} logins"
    return (
        f" Entra refused {logins} within the last hour, and nobody can tell from the hub’s log whether theirs: "
        f"{most.words}{way}"
    )


def _logged(scene: Scene, failed: Sequence[RefusedStart]) -> ServerVerdict | None:
    """Return what the hub's log tells of their last start, or of everybody's while the hub is at its own limit."""
    who = scene.person.name
    if refused := _their_last(scene, failed):
        words = f"No server is running. Their last start failed {_ago(refused.when, scene.now)}. "
        step = (refused.trouble.step,) if refused.trouble.step else ()
        return ServerVerdict(who, words + refused.trouble.told, Tone.BAD, step)
    if turned := _turned_away(failed):
        words = (
            f"No server is running. The hub turned starts away {_ago(turned.when, scene.now)}: {turned.trouble.told}"
        )
        return ServerVerdict(who, words, Tone.WARNING, (turned.trouble.step,) if turned.trouble.step else ())
    return None


def _ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago something failed; "just now" within the first seconds."""
    return "just now" if moment and now - moment < _JUST_NOW else ago(moment, now)


def _their_last(scene: Scene, refused: Sequence[RefusedStart]) -> RefusedStart | None:
    """Return the last of their starts that left no trace but in the hub's log."""
    theirs = [one for one in refused if folded(one.user) == folded(scene.person.name)]
    return theirs[-1] if theirs else None


def _is_later(refused: RefusedStart | None, event: Event) -> bool:
    """Return True if a start failed after the event. That one took too long is said after what it waited for."""
    if refused is None or refused.trouble.cause is Cause.LATE:
        return False
    return event.last is None or refused.when > event.last


def _turned_away(refused: Sequence[RefusedStart]) -> RefusedStart | None:
    """Return the last time that the hub let nobody start because of a limit of its own."""
    return next((one for one in reversed(refused) if not one.user), None)


async def _login_problem(reads: Reads) -> str:
    """Return why nobody can log in, as far as the login page tells; empty if it leads to Entra."""
    if reads.login is None:
        return ""
    live = await attempt("Helm's record", reads.releases.deployed())
    if live is None or isinstance(live, Unavailable) or not login_settings(live).is_entra:
        return ""
    page = await attempt("the login page", reads.login.redirect(login_settings(live).page))
    return f"Logging in cannot begin: {page}." if isinstance(page, Unavailable) else ""
