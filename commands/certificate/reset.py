"""Begin anew with Let's Encrypt: without the account and the certificates that are kept, which may be the trouble."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cards.times import minute
from cards.views import Failure, Notice, Plan
from clients.errors import NotFound
from clients.helm import Release
from commands.certificate.probe import AUTOHTTPS, is_automatic, why
from commands.certificate.retry import deployment_uid
from commands.certificate.show import configured
from commands.certificate.wait import concluded, served
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values, incidental
from commands.ports.context import Reads
from commands.rollout.release_state import release_facts, stop_advice
from commands.rollout.upgrade import Upgrade, upgrade
from commands.rollout.upgrade_base import live_upgrade_base, live_values

SECRET: Final = "proxy-public-tls-acme"  # noqa: S105 - the name of one
# Let's Encrypt, "New Certificates per Exact Set of Identifiers": so many in seven days.
_MOST: Final = 5
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class Reset:
    """The plan: what goes, by UID (`secret_uid` is empty where there is none), and on which revision it is based."""

    host: str
    deployment_uid: str
    secret_uid: str
    release: str
    revision: int
    values_digest: str
    chart_version: str
    issued: int = field(default=0, metadata=incidental())
    """How many certificates were seen to be issued in the last seven days."""


async def plan(args: Args, reads: Reads) -> Reset:
    """What would go. Raises UserError while Let's Encrypt issues nothing, and where an upgrade is not possible."""
    del args
    host = configured(reads)
    newest, base = await live_upgrade_base(reads)
    cause = await why(reads)
    if cause.is_limited(reads.now) and cause.until:
        raise UserError(
            f"Let's Encrypt issues no certificate for {host} before {minute(cause.until)}; a reset now would fail.",
            "/jhub cert",
        )
    issued = await _issued(reads)
    if issued >= _MOST:
        raise UserError(
            f"{issued} certificates were issued for {host} in the last seven days: Let's Encrypt allows no more.",
            "/jhub cert",
            "/jhub cert retry",
        )
    return Reset(
        host=host,
        deployment_uid=await _uid(base, reads),
        secret_uid=await _secret_uid(reads),
        release=base.name,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart_version=base.chart.version,
        issued=issued,
    )


async def _uid(base: Release, reads: Reads) -> str:
    """The UID of autohttps; empty where the upgrade brings it back. Raises UserError where it does not."""
    try:
        return await deployment_uid(reads)
    except UserError:
        if is_automatic(base):
            return ""
        raise


async def _secret_uid(reads: Reads) -> str:
    try:
        return await reads.kube.secret_uid(SECRET)
    except NotFound:
        return ""


async def _issued(reads: Reads) -> int:
    """How many the bot has seen of those that count: each by its fingerprint, if it was good."""
    if reads.certificates is None:
        return 0
    seen = await reads.certificates.recent(100)
    return len({one.fingerprint for one in seen if not one.problem and _is_recent(one.not_before, reads.now)})


def _is_recent(issued: datetime, now: datetime) -> bool:
    return now - issued < _WEEK


def preview(plan: Reset) -> Plan:
    """What requester and approver see."""
    kept = (
        f"Secret {SECRET}: the account with Let's Encrypt and the certificates that are kept" if plan.secret_uid else ""
    )
    pods = "Deployment autohttps, which the upgrade creates again" if plan.deployment_uid else ""
    gone = tuple(filter(None, (pods, kept)))
    return Plan(
        f"Obtain the certificate for {plan.host} from scratch",
        "",
        (),
        (
            *(f"Deleted: {one}." for one in gone),
            (
                f"Then upgrades {plan.release} to revision {plan.revision + 1} with the same values and chart "
                f"{plan.chart_version}."
            ),
            f"{plan.host} does not respond until the new autohttps runs, for about a minute. Servers keep running.",
        ),
        (
            f"Let's Encrypt issues {_MOST} certificates a week for the same names, and this uses one"
            + (f": {plan.issued} were seen in the last seven days." if plan.issued else "."),
            "What made the last attempt fail (DNS, port 80, CAA) will make this one fail too: /jhub cert shows it.",
        ),
        "Reset it now?",
    )


async def apply(plan: Reset, do: Steps) -> Notice | Failure:
    """Delete both, have helm make what belongs to the release, and wait for the certificate."""
    values = await live_values(plan.release, do.reads)
    await do.step("Delete the deployment autohttps", _delete_deployment, plan, do)
    if plan.secret_uid:
        await do.step(f"Delete the Secret {SECRET}", _delete_secret, plan, do)
    what = Upgrade(plan.release, plan.revision, plan.chart_version, "Reset the certificate")
    done = await do.step(f"Upgrade to revision {plan.revision + 1}", upgrade, what, values, do)
    if not done.result.ok:
        return await _not_upgraded(plan, done.result.message, do)
    ended = await do.step("Wait for the certificate", served, do)
    return await concluded(plan.host, ended, do)


async def _delete_deployment(plan: Reset, do: Steps) -> bool:
    return await do.writes.kube.delete_deployment(AUTOHTTPS, plan.deployment_uid)


async def _delete_secret(plan: Reset, do: Steps) -> bool:
    return await do.writes.kube.delete_secret(SECRET, plan.secret_uid)


async def _not_upgraded(plan: Reset, message: str, do: Steps) -> Failure:
    newest, live, pods = (
        await do.reads.releases.current(),
        await do.reads.releases.deployed(),
        await do.reads.kube.pods(),
    )
    cause = "Helm was asked to stop and did." if do.stopping else message
    advice = (*stop_advice(newest), "“/jhub cert reset” continues from here.")
    return Failure(f"{plan.host} has no autohttps now", cause, release_facts(newest, live, pods, do.reads), advice)


COMMAND = Change(
    "cert reset",
    "Obtain the hub's certificate again from scratch.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Reset the certificate",
    approvals=1,
    details="Deletes the deployment autohttps and the Secret with the account at Let's Encrypt and the certificates, "
    "and upgrades the release with its own values. Refuses while Let's Encrypt's rate limit holds.",
    schedulable=False,
    topic=Topic.LOGIN,
    rank=3,
)
