"""How people log in: the hub's app registration in Entra, held against what the hub itself says."""

import asyncio
from dataclasses import dataclass

from cards.views import Button, Cell, Column, Fact, Facts, Lines, Notice, Section, Table, Tone, View, typing
from clients.applications import Application, ClientSecret
from clients.errors import NotFound, Unavailable
from clients.login import Redirect
from commands.client_secrets import OURS, called, lasting, possible, urgency
from commands.errors import UserError
from commands.gather import PATIENCE, attempt
from commands.reads import Reads
from commands.sign_in import DEFAULT_CLAIM, SignIn, client_secret, sign_in
from commands.spec import Level, NoArgs, Query

# Lines to read, the way out last, and how bad it is.
Problem = tuple[tuple[str, ...], Tone]
_COLUMNS = (Column("Secret", 3), Column("Good for", 2), Column("The hub's", 2))


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class Findings:
    """What each system said, or why it did not. `possible` are the secrets that the hub may have."""

    its: SignIn
    host: str
    app: Application | Unavailable
    page: Redirect | Unavailable
    accepted: bool | Unavailable
    possible: tuple[ClientSecret, ...]

    @property
    def used(self) -> ClientSecret | None:
        """The secret that the hub has, where that can be told."""
        return self.possible[0] if len(self.possible) == 1 else None


async def run(args: Args, reads: Reads) -> View:
    """Read the values, then ask Entra and the login page at once."""
    del args
    live = await reads.releases.deployed()
    if live is None:
        raise UserError(f"No revision of {reads.names.release} is live: nobody can log in.", "/jhub history")
    its = sign_in(live)
    if not its.is_entra:
        return Notice("Login", f"The hub lets people in by “{its.authenticator}”: Microsoft Entra has no part in it.")
    text = client_secret(live, its.secret_path)
    page, accepted, app = await asyncio.gather(
        _page(its, reads), _accepted(its, text, reads), _app(its.client_id, reads)
    )
    known = possible(app, text, live.last_deployed) if isinstance(app, Application) else ()
    return present(Findings(its, reads.names.public_host, app, page, accepted, tuple(known)), reads)


async def _app(client_id: str, reads: Reads) -> Application | Unavailable:
    if reads.applications is None or not client_id:
        return Unavailable("Entra", "cannot be asked: the values have no client id, or the bot no Graph")
    try:
        return await asyncio.wait_for(reads.applications.application(client_id), PATIENCE)
    except NotFound:
        return Unavailable("Entra", "has no app registration with this client id")
    except TimeoutError:
        return Unavailable("Microsoft Graph", f"did not answer within {PATIENCE:.0f} s")
    except Unavailable as error:
        return error


async def _page(its: SignIn, reads: Reads) -> Redirect | Unavailable:
    if reads.login is None:
        return Unavailable("the login page", "is not known: public.host is not configured")
    return await attempt("the login page", reads.login.redirect(its.page))


async def _accepted(its: SignIn, text: str, reads: Reads) -> bool | Unavailable:
    if reads.login is None or not (text and its.tenant and its.client_id):
        return Unavailable("Entra", "cannot be asked: the values have no client secret, client id or tenant")
    return await attempt("Entra", reads.login.accepts(its.tenant, its.client_id, text))


def present(found: Findings, reads: Reads) -> Notice:
    """The card. Pure."""
    wrong = problems(found, reads)
    bad = any(tone is Tone.BAD for _, tone in wrong)
    tone = Tone.BAD if bad else Tone.WARNING if wrong else Tone.GOOD
    sections: list[Section] = []
    if wrong:
        sections.append(Lines(tuple(line for lines, _ in wrong for line in lines), "What to look at"))
    sections += [Facts(tuple(_hub(found)), "The hub"), Facts(tuple(_registration(found)), "The app registration")]
    if isinstance(found.app, Application) and found.app.secrets:
        rows = tuple(_row(one, found, reads) for one in sorted(found.app.secrets, key=lambda one: one.end))
        sections.append(Table(_COLUMNS, rows, "Client secrets", "/jhub auth"))
    return Notice("Login", _headline(found, bad=bad), tone, tuple(sections), _buttons(found))


def _headline(found: Findings, *, bad: bool) -> str:
    if found.accepted is False:
        return "Nobody can log in: Entra does not accept the hub's client secret."
    if bad:
        return "Logging in does not work as it should, or soon will not."
    return "People can log in." if found.accepted is True else "What could be looked at is in order."


def _buttons(found: Findings) -> tuple[Button, ...]:
    return (typing("Rotate the secret …", "/jhub auth rotate"),) if found.its.secret_path else ()


def _hub(found: Findings) -> list[Fact]:
    its = found.its
    return [
        Fact("Authenticator", its.authenticator),
        Fact("Client id", its.client_id or "none in the values"),
        Fact("Tenant", its.tenant or "none in the values"),
        Fact("Callback", its.callback or "none in the values"),
        Fact("User names from", f"the claim “{its.username_claim}”"),
        Fact("Who gets in", _who(its)),
        Fact("Admins", str(its.admins)),
        Fact("Client secret", f"in {'.'.join(its.secret_path)}" if its.secret_path else f"from {its.elsewhere}"),
    ]


def _who(its: SignIn) -> str:
    if its.allow_all:
        return "everybody whom Entra lets sign in"
    groups, users = len(its.groups), its.users
    parts = ["1 group" if groups == 1 else f"{groups} groups"] if groups else []
    parts += ["1 person by name" if users == 1 else f"{users} people by name"] if users else []
    return " and ".join(parts) or "nobody but admins"


def _registration(found: Findings) -> list[Fact]:
    app = found.app
    if isinstance(app, Unavailable):
        return [Fact("Entra", str(app), Tone.WARNING), *_seen(found)]
    uris = len(app.redirect_uris)
    known = found.its.callback in app.redirect_uris
    limits = {True: "only people assigned to it", False: "everybody in the tenant", None: "not known"}
    return [
        Fact("Name", app.name or "—"),
        Fact("Hub's callback", "registered" if known else f"not among its {uris}", Tone.GOOD if known else Tone.BAD),
        Fact("May sign in", limits[app.assigned_only]),
        *_seen(found),
    ]


def _seen(found: Findings) -> list[Fact]:
    page = found.page
    if isinstance(page, Unavailable):
        return [Fact("Login page", str(page), Tone.BAD)]
    same = _same(found.its, page)
    text = "sends people to this client" if same else f"sends people to client {page.client_id} of {page.tenant}"
    return [Fact("Login page", text, Tone.GOOD if same else Tone.BAD)]


def _same(its: SignIn, page: Redirect) -> bool:
    return (page.client_id.lower(), page.tenant.lower()) == (its.client_id, its.tenant.lower())


def _row(secret: ClientSecret, found: Findings, reads: Reads) -> tuple[Cell, ...]:
    tone = urgency(secret, reads.now)
    mine = "yes" if secret is found.used else "may be" if secret in found.possible else "no"
    return Cell(called(secret)), Cell(lasting(secret, reads.now), tone), Cell(mine)


# What is wrong


def problems(found: Findings, reads: Reads) -> list[Problem]:
    """What somebody should look at, worst first."""
    wrong = [*_of_callback(found), *_of_page(found), *_of_secret(found, reads), *_left(found), *_of_people(found)]
    return sorted(wrong, key=lambda one: one[1] is not Tone.BAD)


def _of_callback(found: Findings) -> list[Problem]:
    its = found.its
    wrong: list[Problem] = []
    expected = its.expected_callback(found.host)
    if its.callback and found.host and its.callback != expected:
        line = f"The hub has people sent back to {its.callback}, but they open it at {found.host}."
        way = f"→ Set oauth_callback_url in hub.config to {expected}, and add that to the app registration."
        wrong.append(((line, way), Tone.BAD))
    if its.callback and isinstance(found.app, Application) and its.callback not in found.app.redirect_uris:
        line = "The app registration does not know the hub's callback: Entra ends each login with AADSTS50011."
        wrong.append(((line, f"→ Add {its.callback} to its redirect URIs (Web)."), Tone.BAD))
    return wrong


def _of_page(found: Findings) -> list[Problem]:
    if isinstance(found.page, Unavailable):
        return [((f"Logging in cannot begin: {found.page}.", "→ “/jhub status” says how the hub is."), Tone.BAD)]
    if _same(found.its, found.page):
        return []
    line = "The login page sends people to another client or tenant than the values name: the hub runs with others."
    return [((line, "→ “/jhub history” shows the last upgrades; deploying again restarts the hub."), Tone.BAD)]


def _of_secret(found: Findings, reads: Reads) -> list[Problem]:
    way = "→ “/jhub auth rotate” makes a new one." if found.its.secret_path else _by_hand(found.its)
    if found.accepted is False:
        return [(("Entra does not accept the hub's client secret: every login ends with an error.", way), Tone.BAD)]
    if found.used is None or urgency(found.used, reads.now) is Tone.GOOD:
        return []
    left = lasting(found.used, reads.now)
    bad = urgency(found.used, reads.now) is Tone.BAD
    line = f"The hub's client secret {called(found.used)} is good for {left}; then nobody can log in."
    return [((line, way), Tone.BAD if bad else Tone.WARNING)]


def _left(found: Findings) -> list[Problem]:
    """What a rotation left that could not be ended."""
    known = found.app.secrets if isinstance(found.app, Application) else ()
    left = [one for one in known if one.name.startswith(OURS) and one not in found.possible]
    if not left:
        return []
    line = f"An earlier rotation left {', '.join(called(one) for one in left)} in the app registration."
    return [((line, "→ “/jhub auth rotate” removes what is left, too."), Tone.WARNING)]


def _by_hand(its: SignIn) -> str:
    return f"→ It comes from {its.elsewhere}: put a new one there by hand, and restart the hub."


def _of_people(found: Findings) -> list[Problem]:
    its = found.its
    wrong: list[Problem] = []
    if its.username_claim == DEFAULT_CLAIM:
        line = "Users are named by the claim “name”: two people of one name would share a home."
        wrong.append(((line, "→ Set username_claim in hub.config to “upn” before people have homes."), Tone.WARNING))
    open_to_all = isinstance(found.app, Application) and found.app.assigned_only is False
    if its.allow_all and open_to_all:
        line = "Everybody in the tenant can log in: the hub allows all, and Entra requires no assignment."
        way = "→ Require assignment for the enterprise application, or set allowed_groups instead of allow_all."
        wrong.append(((line, way), Tone.WARNING))
    if its.groups and not its.manages_groups:
        line = "allowed_groups does nothing while manage_groups is off (JupyterHub 5)."
        wrong.append(((line, "→ Set manage_groups to true beside it."), Tone.WARNING))
    return wrong


COMMAND = Query(
    "auth",
    "How people log in: app registration, callback, who may, secrets and their end.",
    Level.VIEWER,
    run,
    Args,
)
