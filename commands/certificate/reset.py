"""`/jhub cert reset`: begin anew with Let's Encrypt, without the stored account and certificates.

They may be the trouble.
"""

from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Failure, Notice, Plan
from clients.errors import NotFound
from clients.helm import Release
from commands.certificate.hosts import configured
from commands.certificate.known import SECRET
from commands.certificate.limits import DUPLICATES
from commands.certificate.probe import AUTOHTTPS, why_each
from commands.certificate.retry import NOW, deployment_uid, refuse_early
from commands.certificate.wait import conclude, wait_for_certificate
from commands.certificate.way_in import is_automatic
from commands.framework.command import Change, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values, incidental
from commands.ports.context import Reads
from commands.rollout.release_state import release_facts, stop_advice
from commands.rollout.upgrade import Upgrade, upgrade
from commands.rollout.upgrade_base import live_upgrade_base, live_values


@dataclass(frozen=True)
class Args:
    """The arguments: to wait for Let's Encrypt's limits, or not."""

    now: Annotated[bool, Flag(NOW)] = False


@dataclass(frozen=True)
class Reset:
    """The plan: what is deleted, by UID (`secret_uid` is empty if there is none), and the revision it is based on."""

    host: str
    deployment_uid: str
    secret_uid: str
    release: str
    revision: int
    values_digest: str
    chart_version: str
    issued: int = field(default=0, metadata=incidental())
    """The number of certificates for the same names of the last seven days, as far as the bot knows them."""
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())


async def plan(args: Args, reads: Reads) -> Reset:
    """Plan what to delete. Raise UserError while Let's Encrypt issues nothing, and if an upgrade is not possible."""
    host = configured(reads)
    newest, base = await live_upgrade_base(reads)
    # All hosts' certificates are asked for anew.
    causes = await why_each(reads)
    held = [refuse_early(one, its, "/jhub cert reset", reads.now, anyway=args.now) for its, one in causes.items()]
    return Reset(
        host=host,
        deployment_uid=await _uid(base, reads),
        secret_uid=await _secret_uid(reads),
        release=base.name,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart_version=base.chart.version,
        issued=max(one.count.issued for one in causes.values()),
        warnings=tuple(dict.fromkeys(line for lines in held for line in lines)),
    )


async def _uid(base: Release, reads: Reads) -> str:
    """Return the UID of autohttps; empty if the upgrade brings it back. Raise UserError if it does not."""
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


def preview(plan: Reset) -> Plan:
    """Show what requester and approver decide on."""
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
            *plan.warnings,
            f"Let's Encrypt issues {DUPLICATES.most} certificates a week for the same names, and this uses one"
            + (f": {plan.issued} were seen in the last seven days." if plan.issued else "."),
            "What made the last attempt fail (DNS, port 80, CAA) will make this one fail too: /jhub cert shows it.",
        ),
        "Reset it now?",
    )


async def apply(plan: Reset, do: Steps) -> Notice | Failure:
    """Delete both, have helm restore what belongs to the release, and wait for the certificate."""
    values = await live_values(plan.release, do.reads)
    await do.step("Delete the deployment autohttps", _delete_deployment, plan, do)
    if plan.secret_uid:
        await do.step(f"Delete the Secret {SECRET}", _delete_secret, plan, do)
    what = Upgrade(plan.release, plan.revision, plan.chart_version, "Reset the certificate")
    done = await do.step(f"Upgrade to revision {plan.revision + 1}", upgrade, what, values, do)
    if not done.result.ok:
        return await _not_upgraded(plan, done.result.message, do)
    ended = await do.step("Wait for the certificate", wait_for_certificate, do)
    return await conclude(plan.host, ended, do)


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
    "and upgrades the release with its own values. Refuses while Let's Encrypt's rate limits hold, by its own answer "
    "and by what the bot counts; `--now` does not wait.",
    schedulable=False,
    topic=Topic.LOGIN,
    rank=3,
)
