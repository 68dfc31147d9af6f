"""The steps that rotate the client secret; each can be interrupted and begun again.

The new secret's text is in Entra, in the release's values and nowhere else: a step that needs it reads it there. The
old one is removed last, when the new one is tested; whatever fails before that is undone.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from cards.views import Failure, Notice
from clients.entra.applications import Application
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.helm import Release
from commands.framework.command import Renamed, Steps
from commands.framework.errors import UserError
from commands.framework.polling import until
from commands.login.client_secrets import is_of, name_of, orphaned_secrets, registration
from commands.login.rotation_plan import Rotation, kept_old, not_rotated, rotated
from commands.login.rotation_undo import is_planned, remove, remove_new, remove_old, restore_values, upgraded, writes
from commands.login.settings import client_secret
from commands.ports.entra import LoginReads
from commands.release.record import with_value
from commands.rollout.upgrade import Upgrade, own_revision

# Until all of Entra knows a secret may take a minute; the hub's first answer after a restart some seconds. In seconds.
_ACCEPTED_WITHIN: Final = 120.0
_PROVEN_WITHIN: Final = 60.0
# Less than a policy allows at most: Entra counts by its own clock.
_MARGIN: Final = timedelta(minutes=15)
_FORESEEN: Final = (Unavailable, NotFound, Rejected, UserError)


@dataclass(frozen=True)
class Put:
    """The new secret's key id. `problem` says why it is not in place; it is empty if it is."""

    key_id: str
    problem: str


async def apply(plan: Rotation, do: Steps) -> Notice | Failure:
    """Add the new secret, deploy and test it, and remove the old one; or restore the old one and remove the new one."""
    problem = await _deploy_and_test(plan, do)
    if problem:
        return await _undo(plan, problem, do)
    try:
        if plan.going or plan.leftovers:
            await do.step("Remove the old secret", remove_old, plan, do)
    except _FORESEEN as error:
        return await kept_old(plan, str(error), do)
    return await rotated(plan, do)


async def _deploy_and_test(plan: Rotation, do: Steps) -> str:
    """Put the new secret in place and test it. Return why it is not live and tested; empty if it is."""
    try:
        put = await do.step("Add the new secret and deploy it", _add_and_deploy, plan, do)
        return put.problem or await do.step(Renamed("Test the login", "Prove the login"), _test_login, plan, do)
    except _FORESEEN as error:
        return str(error)


# Adding and deploying


async def _add_and_deploy(plan: Rotation, do: Steps) -> Put:
    """Make the secret and deploy it. What a crash left of an earlier attempt is used or removed."""
    what = Upgrade(plan.release, plan.revision, plan.chart_version, "Rotate the login's secret")
    mine = await own_revision(what, do)
    base = mine or await _planned_base(plan, do)
    key_id, text = await _deployed_already(plan, mine, do)
    if not text:
        await remove(plan, do, lambda app, texts: _leftovers(app, texts, do.operation))
        life = timedelta(days=plan.days) - (_MARGIN if plan.capped else timedelta(0))
        made = await writes(do).add_secret(plan.client_id, name_of(do.operation, plan.old), life)
        key_id, text = made.key_id, made.text
    do.tell("Waiting until Entra accepts the new secret")
    if await until(partial(_accepted, plan, text, do), do, seconds=_ACCEPTED_WITHIN) is None:
        stopped = "It was stopped before helm was started"
        return Put(key_id, stopped if do.stopping else "Entra did not accept the new secret within 2 minutes")
    ended = await upgraded(what, with_value(base.values, plan.path, text), base, plan.path, do)
    return Put(key_id, "" if ended.result.ok else ended.result.message)


async def _planned_base(plan: Rotation, do: Steps) -> Release:
    """Return the revision whose values the rotation was planned with. Raise Conflict if others are live by now."""
    base = await do.reads.releases.deployed() or await do.reads.releases.current()
    if base is None or not is_planned(plan, base):
        raise Conflict("The release was changed in the meantime.")
    return base


async def _deployed_already(plan: Rotation, mine: Release | None, do: Steps) -> tuple[str, str]:
    """Return key id and text of the secret that this operation's own revision has, if Entra still has it."""
    text = client_secret(mine, plan.path) if mine else ""
    if not text:
        return "", ""
    app = await registration(plan.client_id, do.reads)
    found = [one.key_id for one in app.secrets if is_of(one, do.operation) and one.may_be(text)]
    return (found[0], text) if found else ("", "")


def _leftovers(app: Application, texts: list[str], operation: str) -> list[str]:
    """Return the key ids to remove before another secret is made.

    They are this operation's own, and those of earlier ones that no revision uses.
    """
    own = [one for one in app.secrets if is_of(one, operation)]
    return [one.key_id for one in (*own, *orphaned_secrets(app, texts))]


async def _accepted(plan: Rotation, text: str, do: Steps) -> bool | None:
    return await _login(do).accepts(plan.tenant, plan.client_id, text) or None


# Proving


async def _test_login(plan: Rotation, do: Steps) -> str:
    """Test the login until it works with the new secret. Return what is wrong with it; empty if nothing is."""
    last = ""

    async def look() -> bool | None:
        nonlocal last
        last = await _login_problem(plan, do)
        do.tell(last or "The login works")
        return None if last else True

    return "" if await until(look, do, seconds=_PROVEN_WITHIN) else last


async def _login_problem(plan: Rotation, do: Steps) -> str:
    live = await do.reads.releases.deployed()
    if live is None or live.by_bot is None or live.by_bot.operation != do.operation:
        return "Another revision of the release is live now."
    await do.reads.hub.version()
    there = await _login(do).redirect(plan.page)
    if (there.tenant.lower(), there.client_id.lower()) != (plan.tenant.lower(), plan.client_id):
        return "The login page sends people to another client or tenant."
    if plan.callback and there.callback != plan.callback:
        return "The login page's callback is not the one that the release's values name."
    if not await _login(do).accepts(plan.tenant, plan.client_id, client_secret(live, plan.path)):
        return "Entra does not accept the secret that the release has now."
    return ""


# Giving up


async def _undo(plan: Rotation, problem: str, do: Steps) -> Failure:
    """Restore the release's old values, and only then remove the new secret. Say what cannot be done."""
    more = ""
    # Whoever pressed Stop does not want two more steps: both secrets work, and the next attempt tidies up.
    if not do.stopping:
        try:
            back = await do.step(Renamed("Restore the old secret", "Put the old secret back"), restore_values, plan, do)
            if back.result.ok:
                await do.step("Remove the new secret", remove_new, plan, do)
            else:
                more = back.result.message
        except _FORESEEN as error:
            more = str(error)
    return await not_rotated(plan, problem, more, do)


def _login(do: Steps) -> LoginReads:
    if do.reads.login is None:
        raise Unavailable("the login page", "is not known: public.host is not configured")
    return do.reads.login
