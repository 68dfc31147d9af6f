"""The texts about the enlargement of a home: before, after, and as far as it got."""

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.spawner.runs import title
from commands.storage.disks import SHARE, grows_with_its_server
from commands.storage.growth import Growth
from commands.storage.growth_steps import Extent, Grown
from commands.storage.homes import quoted
from commands.text.byte_sizes import spoken as amount


def preview(plan: Growth) -> Plan:
    """Show what is agreed to."""
    return Plan(
        f"Enlarge the home of {title(plan.user, plan.server)} to {amount(plan.to)}",
        "",
        (),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Enlarge this home?",
        (Facts(tuple(_facts(plan))),),
    )


def _facts(plan: Growth) -> list[Fact]:
    now = amount(plan.claim.size)
    facts = [
        Fact("Claim", f"{plan.claim.name}, class {plan.storage_class}"),
        Fact("Now", f"{now}, being enlarged to {amount(plan.pending)}" if plan.pending else now),
        Fact("Then", amount(plan.to)),
        Fact("Billed as", _billed(plan)),
        Fact(
            "Costs",
            plan.costs or f"unknown: cost.disks has no price for {plan.storage_class or 'its class'} of that size",
        ),
    ]
    return facts + _new_homes(plan)


def _billed(plan: Growth) -> str:
    if not plan.billed:
        return "unknown for this kind of disk"
    if plan.billed == plan.was_billed:
        return plan.billed if plan.billed.startswith("each") else f"{plan.billed}, the same tier as now"
    return f"{plan.billed} instead of {plan.was_billed}" if plan.was_billed else plan.billed


def _new_homes(plan: Growth) -> list[Fact]:
    if not 0 < plan.new_homes < plan.to:
        return []
    return [Fact("New homes", f"get {amount(plan.new_homes)}, as before (singleuser.storage.capacity)")]


def _consequences(plan: Growth) -> list[str]:
    lines = ["Files stay as they are. A disk never gets smaller again."]
    if plan.driver == SHARE:
        return [*lines, "A file share has the new size at once."]
    if not grows_with_its_server(plan.driver):
        return [*lines, f"Whether a running server sees the new size is the driver's choice ({plan.driver})."]
    if plan.mounted:
        return [
            *lines,
            f"The server goes on running ({', '.join(plan.mounted)}), and has the space after some minutes.",
        ]
    return [*lines, "No server runs: the disk grows now, its file system when the next server starts."]


def _warnings(plan: Growth) -> list[str]:
    said = [f"Only its name says that {plan.claim.name} belongs to {plan.user}."] if plan.by_name else []
    if plan.pending > plan.to:
        said.append(
            f"Kubernetes is still trying to enlarge it to {amount(plan.pending)}. This asks for less instead, which it "
            "takes from version 1.32 on."
        )
    return said


def outcome(plan: Growth, grown: Grown) -> Notice | Failure:
    """Say how far it got, and what is pending until when."""
    whose, size = title(plan.user, plan.server), amount(plan.to)
    match grown.extent:
        case Extent.WHOLE:
            how = "The server kept running." if plan.mounted else ""
            return _notice(plan, f"The home of {whose} has {size}", how, Tone.GOOD)
        case Extent.AWAITS_START:
            text = f"{plan.user} sees the new size when the next server starts: only then can the file system grow."
            return _notice(plan, f"The disk of {whose} has {size}", text, Tone.GOOD)
        case Extent.GONE:
            return not_enlarged(plan, f"{plan.claim.name} was deleted in the meantime.")
    if grown.problem:
        return _stuck(plan, grown.problem)
    text = "It takes longer than usual. Kubernetes goes on by itself, whatever the bot does; the home works as it is."
    shows = Fact("To look again", f"/jhub storage show {quoted(plan.user)}")
    return _notice(plan, f"The home of {whose} is still being enlarged to {size}", text, Tone.WARNING, shows)


def _notice(plan: Growth, heading: str, text: str, tone: Tone, *more: Fact) -> Notice:
    facts = [
        Fact("Claim", plan.claim.name),
        Fact("Before", amount(plan.claim.size)),
        *([Fact("Costs", plan.costs)] if plan.costs else []),
        *_new_homes(plan),
        *more,
    ]
    return Notice(heading, text, tone, (Facts(tuple(facts)),))


def not_enlarged(plan: Growth, why: str) -> Failure:
    """Say that nothing was changed, and why."""
    return Failure(
        f"The home of {title(plan.user, plan.server)} was not enlarged",
        why,
        (Fact("Home", f"{plan.claim.name}, {amount(plan.claim.size)}: as it was", Tone.GOOD),),
        (f"/jhub storage show {quoted(plan.user)} shows its state.",),
    )


def _stuck(plan: Growth, problem: str) -> Failure:
    flag = f" --server {quoted(plan.server)}" if plan.server else ""
    advice = ["Kubernetes tries again by itself, so nothing has to be typed once the cause is gone."]
    if "FailedPrecondition" in problem:
        stop = f"/jhub server stop {quoted(plan.user)}{flag}"
        advice.insert(0, f"It grows once no server has the disk: {stop}, then start it again.")
    if "quota" in problem.lower():
        less = f"/jhub storage grow {quoted(plan.user)} <size> --claim {plan.claim.name}"
        advice.insert(
            0, f"Have the quota raised (Azure portal, Quotas), or ask for less than {amount(plan.to)}: {less}"
        )
    advice.append(f"/jhub storage show {quoted(plan.user)} shows its state.")
    return Failure(
        f"The home of {title(plan.user, plan.server)} does not grow yet",
        problem,
        (
            Fact("Home", f"{plan.claim.name}, {amount(plan.claim.size)}: works as before", Tone.GOOD),
            Fact("Asked for", amount(plan.to)),
        ),
        tuple(advice),
    )
