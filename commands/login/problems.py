"""Problems of the login: the hub's values, its app registration and its login page compared with each other."""

from dataclasses import dataclass
from typing import Final

from cards.views import Tone
from clients.entra.applications import Application, ClientSecret
from clients.entra.login_page import Redirect
from clients.errors import Unavailable
from commands.login.client_secrets import OURS, display_name, urgency, validity
from commands.login.entra_codes import SECRET_CODES
from commands.login.refused_logins import RefusalCount
from commands.login.settings import DEFAULT_CLAIM, LoginSettings
from commands.ports.context import Reads
from commands.values.login_rules import DENIES_ALL, Admission, GroupEffect, major

CLASS: Final = "AzureAdOAuthenticator"

# The hub reads its secret once, when it starts.
_RESTART: Final = "→ Log in once. If that fails, the hub runs with another: kubectl rollout restart deployment/hub"
# Lines to read, the way out last, and how bad it is.
Problem = tuple[tuple[str, ...], Tone]


class UntriedError(Unavailable):
    """The client secret was not tried: what is needed for that is not in the values."""


@dataclass(frozen=True)
class LoginFindings:
    """The answer of each system, or why it has none. `possible` are the secrets that the hub may have."""

    settings: LoginSettings
    host: str
    app: Application | Unavailable
    page: Redirect | Unavailable
    accepted: bool | Unavailable
    possible: tuple[ClientSecret, ...]
    refused: tuple[RefusalCount, ...] = ()
    """Logins that Entra refused within the last hour."""
    log: str = ""
    """Why the hub's log, which tells of them, could not be read."""

    @property
    def used(self) -> ClientSecret | None:
        """The secret that the hub has, or None if that cannot be told."""
        return self.possible[0] if len(self.possible) == 1 else None


def is_unjudged(found: LoginFindings) -> bool:
    """Return True if the client secret was tried, and Entra did not say that it is right or wrong."""
    return isinstance(found.accepted, Unavailable) and not isinstance(found.accepted, UntriedError)


def leads_here(settings: LoginSettings, page: Redirect) -> bool:
    """Return True if the login page sends people to the client and tenant that the values name."""
    return (page.client_id.lower(), page.tenant.lower()) == (settings.client_id, settings.tenant.lower())


def problems(found: LoginFindings, reads: Reads) -> list[Problem]:
    """Return the problems that somebody should look at, worst first."""
    wrong = [*of_callback(found), *of_page(found), *of_secret(found, reads), *_leftovers(found), *of_people(found)]
    wrong += of_refusals(found)
    return sorted(wrong, key=lambda one: one[1] is not Tone.BAD)


def of_refusals(found: LoginFindings) -> list[Problem]:
    """Return what Entra refused lately. What a browser brought is told as that: anybody can open the address."""
    return [_refusal(one, found) for one in found.refused]


def _refusal(count: RefusalCount, found: LoginFindings) -> Problem:
    last, times = count.last, "once" if count.times == 1 else f"{count.times} times"
    who = "Entra refused the hub" if last.by_entra else "Browsers came back from Entra’s login with an error"
    line = f"{who} {times} within the last hour. {last.words}"
    ways = (f"→ {last.known.way}",) if last.known else ()
    if last.by_entra and last.code in SECRET_CODES and found.accepted is True:
        line = f"{line} Entra accepts the one in the values now, but nobody has logged in since."
        ways = (_RESTART,)
    return (line, *ways), Tone.BAD if last.by_entra and not (last.known and last.known.is_own) else Tone.WARNING


def of_callback(found: LoginFindings) -> list[Problem]:
    """Return what is wrong with the callback, by which people come back from Entra."""
    settings = found.settings
    wrong: list[Problem] = []
    expected = settings.expected_callback(found.host)
    if settings.callback and found.host and settings.callback != expected:
        line = f"The hub's callback is {settings.callback}, but people open the hub at {found.host}."
        way = f"→ Set oauth_callback_url in hub.config to {expected}, and add that to the app registration."
        wrong.append(((line, way), Tone.BAD))
    if settings.callback and isinstance(found.app, Application) and settings.callback not in found.app.redirect_uris:
        line = "The hub's callback is missing in the app registration: Entra rejects every login with AADSTS50011."
        wrong.append(((line, f"→ Add {settings.callback} to its redirect URIs (Web)."), Tone.BAD))
    return wrong


def of_page(found: LoginFindings) -> list[Problem]:
    """Return a problem if the login page sends people to another client than the values name."""
    if isinstance(found.page, Unavailable):
        return [
            (
                (f"Logging in cannot begin: {found.page}.", "→ “/jhub status” shows what is wrong with the hub."),
                Tone.BAD,
            )
        ]
    if leads_here(found.settings, found.page):
        return []
    line = (
        "The login page sends people to a client or tenant other than the values name: the hub runs with other values."
    )
    return [((line, "→ “/jhub history” shows the last upgrades; deploying again restarts the hub."), Tone.BAD)]


def of_secret(found: LoginFindings, reads: Reads) -> list[Problem]:
    """Return what is wrong with the client secret, or how soon it expires."""
    way = "→ “/jhub auth rotate” creates a new one." if found.settings.secret_path else _by_hand(found.settings)
    if found.accepted is False:
        return [(("Entra does not accept the hub's client secret: every login ends with an error.", way), Tone.BAD)]
    if is_unjudged(found):
        return [((f"The hub's client secret could not be tried: {found.accepted}.",), Tone.WARNING)]
    if found.used is None or urgency(found.used, reads.now) is Tone.GOOD:
        return []
    left = validity(found.used, reads.now)
    bad = urgency(found.used, reads.now) is Tone.BAD
    line = f"The hub's client secret {display_name(found.used)} is valid for {left}; after that nobody can log in."
    return [((line, way), Tone.BAD if bad else Tone.WARNING)]


def _leftovers(found: LoginFindings) -> list[Problem]:
    """Return the secrets that an earlier rotation could not remove."""
    known = found.app.secrets if isinstance(found.app, Application) else ()
    left = [one for one in known if one.name.startswith(OURS) and one not in found.possible]
    if not left:
        return []
    line = f"An earlier rotation left {', '.join(display_name(one) for one in left)} in the app registration."
    return [((line, "→ “/jhub auth rotate” also removes what is left."), Tone.WARNING)]


def _by_hand(settings: LoginSettings) -> str:
    return f"→ It comes from {settings.elsewhere}: put a new one there by hand and restart the hub."


def of_people(found: LoginFindings) -> list[Problem]:
    """Return what is wrong with who gets in, and under which name."""
    return [*of_names(found.settings), *_of_openness(found), *_of_groups(found.settings)]


def of_names(settings: LoginSettings) -> list[Problem]:
    """Return a problem if users are named by what two of them can share, or if that is not known."""
    if "username_claim" in settings.unknown:
        line = f"Which claim names users is not known: {code_unread(settings)} may set it."
        return [((line, "→ Set username_claim in hub.config instead, where the bot sees it."), Tone.WARNING)]
    if settings.username_claim != DEFAULT_CLAIM:
        return []
    line = "Users are named by the claim “name”: two people with the same name would share a home."
    return [((line, "→ Set username_claim in hub.config to “upn” before people have homes."), Tone.WARNING)]


def code_unread(settings: LoginSettings) -> str:
    """Return where the code is that the bot cannot read, for a sentence."""
    return f"code that the bot cannot read ({settings.unread[0]})" if settings.unread else "code"


def never_starts(settings: LoginSettings) -> bool:
    """Return True if groups keep the hub from starting: who may log in is no question then."""
    return settings.unmanaged is not None and settings.unmanaged.effect is GroupEffect.NO_START


def _of_openness(found: LoginFindings) -> list[Problem]:
    settings = found.settings
    if never_starts(settings):
        return []
    way = f"→ /jhub config set hub.config.{CLASS}.allow_all true lets in everybody whom Entra lets sign in; or set "
    way = f"{way}allowed_users there."
    if settings.admission is Admission.NOBODY:
        line = "Nobody can log in: with this chart the values must say who may, and they name nobody."
        return [((line, way), Tone.BAD)]
    if settings.admission is Admission.ADMINS:
        return [(("Only admins can log in: the values allow nobody else.", way), Tone.WARNING)]
    if settings.admission is Admission.UNKNOWN:
        line = f"Who may log in is not known: {code_unread(settings)} may say so."
        return [((line, "→ Set it in hub.config instead, where the bot sees it."), Tone.WARNING)]
    if settings.everybody and isinstance(found.app, Application) and found.app.assigned_only is False:
        line = "Everybody in the tenant can log in: the hub lets in all, and Entra requires no assignment."
        return [((line, f"→ Require assignment for the enterprise application{_or_groups(settings)}."), Tone.WARNING)]
    return []


def _or_groups(settings: LoginSettings) -> str:
    """Return the other way to let in some alone, where the chart's OAuthenticator has it."""
    if major(settings.chart_version) < DENIES_ALL:
        return ""
    return ", or set manage_groups to true in hub.config, then allowed_groups, and allow_all to false last"


def _of_groups(settings: LoginSettings) -> list[Problem]:
    groups = settings.unmanaged
    if groups is None:
        return []
    names, name = " and ".join(groups.names), groups.authenticator
    if never_starts(settings):
        line = f"The hub does not start: {name} takes {names} only with manage_groups (OAuthenticator 17)."
        return [((line, f"→ /jhub config set hub.config.{name}.manage_groups true"), Tone.BAD)]
    line = f"{name} does not know {names} before chart 4, and ignores it."
    if groups.effect is GroupEffect.LETS_NOBODY_IN:
        return [((f"{line} Nobody is let in by it.", "→ Set allowed_users instead."), Tone.WARNING)]
    return [((f"{line} Everybody is let in.", "→ Set allowed_users, or require assignment in Entra."), Tone.WARNING)]
