"""The undoing of a rotation: the old values deployed again, and secrets removed that nothing runs with."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from clients.entra.applications import Application
from clients.errors import Unavailable
from clients.helm import FailureReason, Release, UpgradeResult, redact
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values
from commands.framework.polling import until
from commands.login.client_secrets import is_of, orphaned_secrets, registration
from commands.login.rotation_plan import Rotation
from commands.login.settings import client_secret
from commands.ports.entra import ApplicationWrites
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade

_REMOVED_WITHIN: Final = 60.0
# As many revisions as helm keeps unless told otherwise, and more.
_HISTORY: Final = 30


async def remove_old(plan: Rotation, do: Steps) -> list[str]:
    """Remove the secrets that were planned and those that earlier attempts left. Return the key ids.

    Raise UserError if the new secret is not the live one any more.
    """
    live = await do.reads.releases.deployed()
    if live is None or live.by_bot is None or live.by_bot.operation != do.operation:
        raise UserError("Another revision of the release is live now and may use the old secret.")

    def old(app: Application, texts: list[str]) -> list[str]:
        planned = [one.key_id for one in app.secrets if one.key_id in plan.going]
        return [*planned, *(one.key_id for one in orphaned_secrets(app, texts))]

    return await remove(plan, do, old)


async def restore_values(plan: Rotation, do: Steps) -> Upgraded:
    """Deploy the values that the rotation was planned with; nothing if the newest revision has them and is live."""
    newest, live, history = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.releases.history(_HISTORY)
    )
    if newest is not None and live is not None and newest.revision == live.revision and is_planned(plan, live):
        return Upgraded(UpgradeResult(True))
    before = next((one for one in history if is_planned(plan, one)), None)
    if newest is None or before is None:
        return Upgraded(UpgradeResult(False, FailureReason.OTHER, "Helm no longer has a record of the old values."))
    what = Upgrade(plan.release, newest.revision, plan.chart_version, "Restore the login's old secret", part="back")
    return await upgraded(what, before.values, newest, plan.path, do)


def is_planned(plan: Rotation, release: Release) -> bool:
    """Return True if a revision has the values that the rotation was planned with."""
    return digest_values(release.values) == plan.values_digest


async def remove_new(plan: Rotation, do: Steps) -> list[str]:
    """Remove this operation's secret, unless a revision that may run has it."""

    def own(app: Application, texts: list[str]) -> list[str]:
        mine = [one for one in app.secrets if is_of(one, do.operation)]
        return [one.key_id for one in mine if not any(one.may_be(text) for text in texts)]

    return await remove(plan, do, own)


async def remove(plan: Rotation, do: Steps, which: Callable[[Application, list[str]], list[str]]) -> list[str]:
    """Remove the secrets that `which` names, given the app and the secrets of the revisions that may run."""
    removed: dict[str, None] = {}

    async def look() -> list[str]:
        texts = [client_secret(one, plan.path) for one in await _may_run(do)]
        for key_id in dict.fromkeys(which(await registration(plan.client_id, do.reads), texts)):
            await writes(do).remove_secret(plan.client_id, key_id)
            removed[key_id] = None
        return list(removed)

    return await until(look, do, seconds=_REMOVED_WITHIN) or []


async def upgraded(
    what: Upgrade, values: Mapping[str, object], instead_of: Release, path: tuple[str, ...], do: Steps
) -> Upgraded:
    """Have helm deploy values. Its message hides the secret that was there before as well as the new one."""
    ended = await upgrade(what, values, do)
    said = redact(ended.result.message, {"secret": client_secret(instead_of, path)})
    return replace(ended, result=replace(ended.result, message=said))


async def _may_run(do: Steps) -> list[Release]:
    """Return the revisions that the hub may have been started with: the live one, and those that failed after it.

    A failed upgrade may have replaced the hub before it failed; and one that was to put it back, nothing.
    """
    live, history = await asyncio.gather(do.reads.releases.deployed(), do.reads.releases.history(_HISTORY))
    return [one for one in history if live is None or one.revision >= live.revision]


def writes(do: Steps) -> ApplicationWrites:
    """Return the port that changes the app registration. Raise Unavailable if it is not configured."""
    if do.writes.applications is None:
        raise Unavailable("Microsoft Graph", "is not configured")
    return do.writes.applications
