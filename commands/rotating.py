"""Rotating the client secret, step by step; every step can be cut short and begun again.

The new secret's text is in Entra, in the release's values and nowhere else: a step that needs it reads it there. The
old one is removed last, when the new one is proven; before that whatever fails is put back.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from cards.views import Failure, Notice
from clients.applications import Application
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.helm import Reason, Release, UpgradeResult, redact
from commands.client_secrets import is_of, left_over, name_of, registration
from commands.digest import digest_values
from commands.errors import UserError
from commands.reads import LoginReads
from commands.release import with_value
from commands.rotation import Rotation, done, kept_old, not_done
from commands.sign_in import client_secret
from commands.spec import Steps
from commands.upgrading import Upgrade, Upgraded, own_revision, upgrade
from commands.waiting import until
from commands.writes import ApplicationWrites

# Until all of Entra knows a secret may take a minute; the hub's first answer after a restart some seconds. In seconds.
_ACCEPTED_WITHIN: Final = 120.0
_PROVEN_WITHIN: Final = 60.0
_REMOVED_WITHIN: Final = 60.0
# As many revisions as helm keeps unless told otherwise, and more.
_HISTORY: Final = 30
_FORESEEN: Final = (Unavailable, NotFound, Rejected, UserError)


@dataclass(frozen=True)
class Put:
    """The new secret's key id, and how helm ended with it; None where Entra did not accept it: helm was not asked."""

    key_id: str
    upgraded: Upgraded | None

    @property
    def problem(self) -> str:
        """Why it is not in place; empty where it is."""
        if self.upgraded is None:
            return "Entra did not accept the new secret within 2 minutes of making it."
        return "" if self.upgraded.result.ok else self.upgraded.result.message


async def apply(plan: Rotation, do: Steps) -> Notice | Failure:
    """Add and deploy, prove, remove the old; or put the old back and remove the new."""
    problem = await _renewed(plan, do)
    if problem:
        return await _undone(plan, problem, do)
    try:
        if plan.going or plan.leftovers:
            await do.step("Remove the old secret", _remove_old, plan, do)
    except _FORESEEN as error:
        return await kept_old(plan, str(error), do)
    return await done(plan, do)


async def _renewed(plan: Rotation, do: Steps) -> str:
    """Why the new secret is not live and proven; empty where it is."""
    try:
        put = await do.step("Add the new secret and deploy it", _put, plan, do)
        return put.problem or await do.step("Prove the login", _prove, plan, do)
    except _FORESEEN as error:
        return str(error)


# Adding and deploying


async def _put(plan: Rotation, do: Steps) -> Put:
    """Make the secret and deploy it; what a crash left of an earlier attempt at this is used or removed."""
    what = Upgrade(plan.release, plan.revision, plan.chart_version, "Rotate the login's secret")
    mine = await own_revision(what, do)
    base = mine or await _planned_base(plan, do)
    key_id, text = await _deployed_already(plan, mine, do)
    if not text:
        await _remove(plan, do, lambda app, texts: _half_made(app, texts, do.operation))
        life = timedelta(days=plan.days)
        made = await _writes(do).add_secret(plan.client_id, name_of(do.operation, plan.old), life)
        key_id, text = made.key_id, made.text
    do.tell("Waiting until Entra accepts the new secret")
    if await until(partial(_accepted, plan, text, do), do, seconds=_ACCEPTED_WITHIN) is None:
        return Put(key_id, None)
    return Put(key_id, await _upgraded(what, with_value(base.values, plan.path, text), base, plan.path, do))


async def _planned_base(plan: Rotation, do: Steps) -> Release:
    """The revision whose values were planned with. Raises Conflict where others are live by now."""
    base = await do.reads.releases.deployed() or await do.reads.releases.current()
    if base is None or digest_values(base.values) != plan.values_digest:
        raise Conflict("The release was changed meanwhile.")
    return base


async def _deployed_already(plan: Rotation, mine: Release | None, do: Steps) -> tuple[str, str]:
    """Key id and text of the secret that this operation's own revision carries, if Entra still has it."""
    text = client_secret(mine, plan.path) if mine else ""
    if not text:
        return "", ""
    app = await registration(plan.client_id, do.reads)
    found = [one.key_id for one in app.secrets if is_of(one, do.operation) and one.may_be(text)]
    return (found[0], text) if found else ("", "")


def _half_made(app: Application, texts: list[str], operation: str) -> list[str]:
    """What to remove before another is made: this operation's own, and what others left that no revision uses."""
    own = [one for one in app.secrets if is_of(one, operation)]
    return [one.key_id for one in (*own, *left_over(app, texts))]


async def _accepted(plan: Rotation, text: str, do: Steps) -> bool | None:
    return await _login(do).accepts(plan.tenant, plan.client_id, text) or None


# Proving


async def _prove(plan: Rotation, do: Steps) -> str:
    """What is wrong with the login now; empty where it works with the new secret."""
    last = ""

    async def look() -> bool | None:
        nonlocal last
        last = await _unproven(plan, do)
        do.tell(last or "The login works")
        return None if last else True

    return "" if await until(look, do, seconds=_PROVEN_WITHIN) else last


async def _unproven(plan: Rotation, do: Steps) -> str:
    live = await do.reads.releases.deployed()
    if live is None or live.by_bot is None or live.by_bot.operation != do.operation:
        return "Another revision of the release is live meanwhile."
    await do.reads.hub.version()
    there = await _login(do).redirect(plan.page)
    if (there.tenant.lower(), there.client_id.lower()) != (plan.tenant.lower(), plan.client_id):
        return "The login page sends people to another client or tenant."
    if plan.callback and there.callback != plan.callback:
        return "The login page has people sent back to another address than the release's values name."
    if not await _login(do).accepts(plan.tenant, plan.client_id, client_secret(live, plan.path)):
        return "Entra does not accept the secret that the release has now."
    return ""


# Removing the old


async def _remove_old(plan: Rotation, do: Steps) -> list[str]:
    """Remove what was planned and what attempts before this one left; the key ids.

    Raises UserError where the new secret is not the live one any more.
    """
    live = await do.reads.releases.deployed()
    if live is None or live.by_bot is None or live.by_bot.operation != do.operation:
        raise UserError("Another revision of the release is live meanwhile, which may use the old secret.")

    def old(app: Application, texts: list[str]) -> list[str]:
        others = [one.key_id for one in left_over(app, texts) if not is_of(one, do.operation)]
        return [*(one.key_id for one in app.secrets if one.key_id in plan.going), *others]

    return await _remove(plan, do, old)


# Putting back


async def _undone(plan: Rotation, problem: str, do: Steps) -> Failure:
    """Put the release's old values back, and only then remove the new secret. What cannot be done is said."""
    more = ""
    # Whoever pressed Stop does not want two more steps: both secrets work, and the next attempt tidies up.
    if not do.stopping:
        try:
            back = await do.step("Put the old secret back", _put_back, plan, do)
            if back.result.ok:
                await do.step("Remove the new secret", _remove_new, plan, do)
            else:
                more = back.result.message
        except _FORESEEN as error:
            more = str(error)
    return await not_done(plan, problem, more, do)


async def _put_back(plan: Rotation, do: Steps) -> Upgraded:
    """The values that were planned with, as another revision; none where the newest has them and is live."""
    newest, live, history = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.releases.history(_HISTORY)
    )
    if newest is not None and live is not None and newest.revision == live.revision and _is_planned(plan, live):
        return Upgraded(UpgradeResult(True))
    before = next((one for one in history if _is_planned(plan, one)), None)
    if newest is None or before is None:
        return Upgraded(UpgradeResult(False, Reason.OTHER, "Helm has no record of the old values any more."))
    what = Upgrade(plan.release, newest.revision, plan.chart_version, "Put the login's old secret back", part="back")
    return await _upgraded(what, before.values, newest, plan.path, do)


def _is_planned(plan: Rotation, release: Release) -> bool:
    return digest_values(release.values) == plan.values_digest


async def _remove_new(plan: Rotation, do: Steps) -> list[str]:
    """Remove this operation's secret, unless a revision that may run has it."""

    def own(app: Application, texts: list[str]) -> list[str]:
        mine = [one for one in app.secrets if is_of(one, do.operation)]
        return [one.key_id for one in mine if not any(one.may_be(text) for text in texts)]

    return await _remove(plan, do, own)


# What these share


async def _remove(plan: Rotation, do: Steps, which: Callable[[Application, list[str]], list[str]]) -> list[str]:
    """Remove the secrets that `which` names, given the app and the secrets of the revisions that may run."""
    removed: dict[str, None] = {}

    async def look() -> list[str]:
        texts = [client_secret(one, plan.path) for one in await _may_run(do)]
        for key_id in dict.fromkeys(which(await registration(plan.client_id, do.reads), texts)):
            await _writes(do).remove_secret(plan.client_id, key_id)
            removed[key_id] = None
        return list(removed)

    return await until(look, do, seconds=_REMOVED_WITHIN) or []


async def _upgraded(
    what: Upgrade, values: Mapping[str, object], instead_of: Release, path: tuple[str, ...], do: Steps
) -> Upgraded:
    """Have helm put values in place; what it says hides the secret that was there before as well as the one it gets."""
    ended = await upgrade(what, values, do)
    said = redact(ended.result.message, {"secret": client_secret(instead_of, path)})
    return replace(ended, result=replace(ended.result, message=said))


async def _may_run(do: Steps) -> list[Release]:
    """The revisions that the hub may have been started with: the live one, and those that failed after it.

    A failed upgrade may have replaced the hub before it failed; and one that was to put it back, nothing.
    """
    live, history = await asyncio.gather(do.reads.releases.deployed(), do.reads.releases.history(_HISTORY))
    return [one for one in history if live is None or one.revision >= live.revision]


def _writes(do: Steps) -> ApplicationWrites:
    if do.writes.applications is None:
        raise Unavailable("Microsoft Graph", "is not configured")
    return do.writes.applications


def _login(do: Steps) -> LoginReads:
    if do.reads.login is None:
        raise Unavailable("the login page", "is not known: public.host is not configured")
    return do.reads.login
