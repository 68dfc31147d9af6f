"""The plan of a rotation of the client secret, and its results in words, checked anew when it ends."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from cards.views import Fact, Facts, Failure, Notice, Tone
from clients.entra.applications import Application, ClientSecret
from clients.errors import Unavailable
from clients.helm import Release
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.login.client_secrets import display_name, is_of, registration
from commands.login.settings import client_secret
from commands.rollout.release_state import release_facts, stop_advice

_AGAIN: Final = "Running “/jhub auth rotate” again starts afresh and removes what this attempt left."


@dataclass(frozen=True)
class Rotation:
    """The plan, bound to the app, the secrets that are removed (by key id), the revision and its values.

    `path` is where the secret stands in the values. `old` is the secret that the hub uses, empty if that cannot be
    told; `outlived` is one that an earlier rotation replaced and could not remove any more.
    """

    release: str
    revision: int
    values_digest: str
    chart_version: str
    tenant: str
    client_id: str
    callback: str
    page: str
    path: tuple[str, ...]
    days: int
    old: str
    outlived: str
    old_called: str = field(default="", metadata=incidental())
    candidates: int = field(default=1, metadata=incidental())
    leftovers: int = field(default=0, metadata=incidental())
    app_name: str = field(default="", metadata=incidental())
    attempted: bool = field(default=False, metadata=incidental())
    back: int = field(default=0, metadata=incidental())
    """The live revision where it is put back first, since another one has failed after it."""
    policy: tuple[str, ...] = field(default=(), metadata=incidental())
    """What policies of the organisation have to do with the secret's life; empty where they have nothing."""
    capped: bool = field(default=False, metadata=incidental())
    """True if the life is the longest that a policy allows."""

    @property
    def going(self) -> tuple[str, ...]:
        """The key ids of the secrets that are removed at the end."""
        return tuple(one for one in (self.old, self.outlived) if one)


async def rotated(plan: Rotation, do: Steps) -> Notice:
    """Say that the secret is rotated."""
    new = next((one for one in await _secrets(plan, do) if is_of(one, do.operation)), None)
    facts = [
        Fact("New secret", f"{display_name(new)}, valid for {plan.days} days" if new else "live", Tone.GOOD),
        Fact("Old secret", f"{plan.old_called} removed" if plan.old_called else "none removed"),
    ]
    text = "The login page answers, and Entra accepts the new secret."
    if not plan.old:
        text += " It is unknown which of the old ones the hub used, so all are kept. “/jhub auth” lists them."
    return Notice("The login has a new secret", text, Tone.GOOD, (Facts((*facts, *await _release(do))),))


async def kept_old(plan: Rotation, why: str, do: Steps) -> Failure:
    """Say that the new secret is live and tested, and that the old one still exists."""
    return Failure(
        "The login has a new secret, but the old one was not removed",
        _sentence(why),
        (*await _current_state(plan, do), Fact("Old secret", f"{plan.old_called} still exists", Tone.WARNING)),
        ("Running “/jhub auth rotate” again creates another one and removes this one and the old one.",),
    )


async def not_rotated(plan: Rotation, problem: str, more: str, do: Steps) -> Failure:
    """Say that the rotation was given up, with the state of the old secret, the new one and the release."""
    stopped = do.stopping
    title = "Rotating the login's secret was stopped" if stopped else "The login's secret was not rotated"
    newest = await attempt("Kubernetes", do.reads.releases.current())
    advice = [*(stop_advice(newest) if stopped and not isinstance(newest, Unavailable) else ()), _AGAIN]
    advice += ["“/jhub pods” shows what is not ready."] if more else []
    cause = _sentence(problem)
    if more:
        cause += f" Restoring the old one failed too: {_sentence(more)}"
    return Failure(title, cause, await _current_state(plan, do), tuple(advice))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


async def _current_state(plan: Rotation, do: Steps) -> tuple[Fact, ...]:
    live = await attempt("Kubernetes", do.reads.releases.deployed())
    secrets = await _secrets(plan, do)
    return (await _accepted(plan, live, do), *_of_new(secrets, do), *await _release(do))


async def _accepted(plan: Rotation, live: Release | Unavailable | None, do: Steps) -> Fact:
    """Return a fact that says if people can log in with what is live."""
    if live is None or isinstance(live, Unavailable) or do.reads.login is None:
        return Fact("Login", "could not be checked", Tone.WARNING)
    which = "new" if live.by_bot is not None and live.by_bot.operation == do.operation else "old"
    has = f"revision {live.revision} is live with the {which} secret"
    asked = do.reads.login.accepts(plan.tenant, plan.client_id, client_secret(live, plan.path))
    found = await attempt("Entra", asked)
    if isinstance(found, Unavailable):
        return Fact("Login", f"{has}; {found}", Tone.WARNING)
    return Fact("Login", f"{has}, which Entra {'accepts' if found else 'refuses'}", Tone.GOOD if found else Tone.BAD)


def _of_new(secrets: list[ClientSecret], do: Steps) -> list[Fact]:
    new = [one for one in secrets if is_of(one, do.operation)]
    return [Fact("New secret", f"{display_name(one)} exists in Entra", Tone.NOTE) for one in new] or (
        [Fact("New secret", "removed again, or never created")] if secrets else []
    )


async def _secrets(plan: Rotation, do: Steps) -> list[ClientSecret]:
    """Return the app's secrets; none if Entra cannot be asked."""
    try:
        app: Application | Unavailable = await attempt("Microsoft Graph", registration(plan.client_id, do.reads))
    except UserError:
        return []
    return [] if isinstance(app, Unavailable) else list(app.secrets)


async def _release(do: Steps) -> tuple[Fact, ...]:
    newest, live, pods = await asyncio.gather(
        attempt("Kubernetes", do.reads.releases.current()),
        attempt("Kubernetes", do.reads.releases.deployed()),
        attempt("Kubernetes", do.reads.kube.pods()),
    )
    if isinstance(newest, Unavailable) or isinstance(live, Unavailable) or isinstance(pods, Unavailable):
        return (Fact("Release", "could not be checked", Tone.WARNING),)
    return release_facts(newest, live, pods, do.reads)
