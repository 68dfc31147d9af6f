"""`/jhub auth`: show how people log in: the hub's app registration in Entra, compared with what the hub itself says."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cards.views import Button, Cell, Column, Fact, Facts, Lines, Notice, Section, Table, Tone, View, typing
from clients.entra.applications import Application, ClientSecret
from clients.entra.login_page import Redirect
from clients.errors import NotFound, Unavailable
from clients.helm import Release
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import PATIENCE, attempt
from commands.login.client_secrets import display_name, possible, urgency, validity
from commands.login.problems import (
    LoginFindings,
    UntriedError,
    code_unread,
    is_unjudged,
    leads_here,
    never_starts,
    problems,
)
from commands.login.refused_logins import counted, refused_logins
from commands.login.settings import LoginSettings, client_secret, login_settings
from commands.ports.context import Reads
from commands.values.login_rules import Admission

_LATELY: Final = timedelta(hours=1)
_ADMITTED: Final = {
    Admission.ADMINS: "Only admins can log in.",
    Admission.UNKNOWN: "Who may log in is not known.",
}
_NONE: Final = "none in the values"
_COLUMNS = (Column("Secret", 3), Column("Good for", 2), Column("The hub's", 2))


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Read the values, then ask Entra and the login page at once."""
    del args
    live = await reads.releases.deployed()
    if live is None:
        raise UserError(f"No revision of {reads.names.release} is live: nobody can log in.", "/jhub history")
    settings = login_settings(live)
    if not settings.is_entra:
        return Notice(
            "Login",
            f"People log in through “{settings.authenticator}”. Microsoft Entra is not involved, so there is nothing "
            "to check here.",
        )
    return present(await examine(live, reads), reads)


async def examine(live: Release, reads: Reads) -> LoginFindings:
    """Return each system's answer about logging in with that revision. Wait for the slowest, at most 5 s."""
    settings = login_settings(live)
    text = client_secret(live, settings.secret_path)
    page, accepted, app, refused = await asyncio.gather(
        page_of(settings, reads),
        accepted_by(settings, text, reads),
        app_of(settings.client_id, reads),
        attempt("The hub’s log", refused_logins(reads, _LATELY)),
    )
    known = possible(app, text, live.last_deployed) if isinstance(app, Application) else ()
    counts = () if isinstance(refused, Unavailable) else tuple(counted(refused))
    unread = str(refused) if isinstance(refused, Unavailable) else ""
    return LoginFindings(settings, reads.names.public_host, app, page, accepted, tuple(known), counts, unread)


async def app_of(client_id: str, reads: Reads) -> Application | Unavailable:
    """Return the app registration, or why it is not known."""
    if reads.applications is None or not client_id:
        return Unavailable(
            "Entra", "cannot be asked: the values have no client id, or the bot has no access to Microsoft Graph"
        )
    try:
        async with asyncio.timeout(PATIENCE):
            return await reads.applications.application(client_id)
    except NotFound:
        return Unavailable("Entra", "has no app registration with this client id")
    except TimeoutError:
        return Unavailable("Microsoft Graph", f"did not answer within {PATIENCE:.0f} s")
    except Unavailable as error:
        return error


async def page_of(settings: LoginSettings, reads: Reads) -> Redirect | Unavailable:
    """Return where the login page sends people, or why that is not known."""
    if reads.login is None:
        return Unavailable("the login page", "is not known: public.host is not configured")
    return await attempt("the login page", reads.login.redirect(settings.page))


async def accepted_by(settings: LoginSettings, text: str, reads: Reads) -> bool | Unavailable:
    """Return True if Entra accepts the client secret now, or why that is not known."""
    if reads.login is None or not (text and settings.tenant and settings.client_id):
        return UntriedError("Entra", "cannot be asked: the values have no client secret, client id or tenant")
    return await attempt("Entra", reads.login.accepts(settings.tenant, settings.client_id, text))


def present(found: LoginFindings, reads: Reads) -> Notice:
    """Return the card. Pure."""
    wrong = problems(found, reads)
    bad = any(tone is Tone.BAD for _, tone in wrong)
    tone = Tone.BAD if bad else Tone.WARNING if wrong else Tone.GOOD
    sections: list[Section] = []
    if wrong:
        sections.append(Lines(tuple(line for lines, _ in wrong for line in lines), "What to do"))
    sections += [Facts(tuple(_hub(found)), "The hub"), Facts(tuple(_registration(found)), "The app registration")]
    if isinstance(found.app, Application) and found.app.secrets:
        rows = tuple(_row(one, found, reads) for one in sorted(found.app.secrets, key=lambda one: one.end))
        sections.append(Table(_COLUMNS, rows, "Client secrets", "/jhub auth"))
    return Notice("Login", _headline(found, bad=bad), tone, tuple(sections), _buttons(found))


def _headline(found: LoginFindings, *, bad: bool) -> str:
    if found.accepted is False:
        return "Nobody can log in: Entra does not accept the hub's client secret."
    if found.settings.admission is Admission.NOBODY and not never_starts(found.settings):
        return "Nobody can log in: the values allow nobody."
    if bad:
        return "Logging in has a problem, or will have one soon."
    if found.refused:
        return "Entra refused logins within the last hour."
    if is_unjudged(found):
        return "Whether people can log in is not known."
    in_order = "People can log in." if found.accepted is True else "Everything that could be checked is in order."
    return _ADMITTED.get(found.settings.admission, in_order)


def _buttons(found: LoginFindings) -> tuple[Button, ...]:
    return (typing("Rotate the secret", "/jhub auth rotate"),) if found.settings.secret_path else ()


def _hub(found: LoginFindings) -> list[Fact]:
    settings = found.settings
    return [
        Fact("Authenticator", settings.authenticator),
        Fact("Client id", settings.client_id or _or_unknown(_NONE, "client_id", settings)),
        Fact("Tenant", settings.tenant or _or_unknown(_NONE, "tenant_id", settings)),
        Fact("Callback", settings.callback or _or_unknown(_NONE, "oauth_callback_url", settings)),
        Fact("User names from", _names_from(settings)),
        Fact("Who gets in", _who_gets_in(settings)),
        Fact("Admins", _or_unknown(str(settings.admins), "admin_users", settings)),
        Fact(
            "Client secret",
            f"in {'.'.join(settings.secret_path)}" if settings.secret_path else f"from {settings.elsewhere}",
        ),
    ]


def _or_unknown(text: str, name: str, settings: LoginSettings) -> str:
    return f"not known: {code_unread(settings)} may set {name}" if name in settings.unknown else text


def _names_from(settings: LoginSettings) -> str:
    return _or_unknown(f"the claim “{settings.username_claim}”", "username_claim", settings)


def _who_gets_in(settings: LoginSettings) -> str:
    if settings.admission is Admission.UNKNOWN:
        return f"not known: {code_unread(settings)} may say so"
    if settings.everybody:
        return "everybody whom Entra lets sign in"
    groups, users = len(settings.groups), settings.users
    parts = ["1 group" if groups == 1 else f"{groups} groups"] if groups else []
    parts += ["1 person by name" if users == 1 else f"{users} people by name"] if users else []
    if settings.admission in (Admission.ADMINS, Admission.NOBODY):
        return "nobody" if settings.admission is Admission.NOBODY else "admins alone"
    return " and ".join(parts) or "those whom the values allow"


def _registration(found: LoginFindings) -> list[Fact]:
    app = found.app
    if isinstance(app, Unavailable):
        return [Fact("Entra", str(app), Tone.WARNING), *_seen(found)]
    uris = len(app.redirect_uris)
    known = found.settings.callback in app.redirect_uris
    limits = {True: "only people assigned to it", False: "everybody in the tenant", None: "unknown"}
    return [
        Fact("Name", app.name or "—"),
        Fact("Hub's callback", "registered" if known else f"not among its {uris}", Tone.GOOD if known else Tone.BAD),
        Fact("May sign in", limits[app.assigned_only]),
        *_seen(found),
    ]


def _seen(found: LoginFindings) -> list[Fact]:
    page = found.page
    if isinstance(page, Unavailable):
        return [Fact("Login page", str(page), Tone.BAD)]
    same = leads_here(found.settings, page)
    text = (
        "sends people to this app registration" if same else f"sends people to client {page.client_id} of {page.tenant}"
    )
    return [Fact("Login page", text, Tone.GOOD if same else Tone.BAD)]


def _row(secret: ClientSecret, found: LoginFindings, reads: Reads) -> tuple[Cell, ...]:
    tone = urgency(secret, reads.now)
    mine = "yes" if secret is found.used else "possibly" if secret in found.possible else "no"
    return Cell(display_name(secret)), Cell(validity(secret, reads.now), tone), Cell(mine)


COMMAND = Query(
    "auth",
    "Show how people log in: app registration, callback, who may, secrets' expiry.",
    Level.VIEWER,
    run,
    Args,
    topic=Topic.LOGIN,
    rank=4,
)
