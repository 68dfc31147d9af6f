"""Who has to agree to a change, and whether they have. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.config.access import ApprovalRule, ApprovalSettings, EffectRule, EffectRules, GraveRule
from bot.config.types import ConfigError
from commands.framework.command import AnyChange, Command, Consent, Level, Query
from commands.framework.effects import Effect
from commands.framework.errors import UserError

_BY: Final = {"approver": Level.APPROVER, "admin": Level.ADMIN}


@dataclass(frozen=True)
class ApprovalRequirement:
    """What a change needs before it runs: others' approvals, or its requester's confirmation, and a reason.

    `by` is the level that an approval takes. `grave` is the effect, if any, that no emergency lets one person have.
    """

    approvals: int
    confirm: bool
    reason: bool = False
    by: Level = Level.APPROVER
    grave: Effect | None = None


def rule(change: AnyChange, policy: Mapping[str, ApprovalRule]) -> ApprovalRequirement:
    """The command's own rule, tightened by the policy."""
    more = policy.get(change.name, ApprovalRule())
    approvals = max(change.approvals, more.approvals)
    confirm = change.consent is Consent.CALLER or more.confirm
    return ApprovalRequirement(approvals, confirm and not approvals, more.reason)


def strictest(rules: Sequence[ApprovalRequirement]) -> ApprovalRequirement:
    """What satisfies all of them."""
    approvals = max(one.approvals for one in rules)
    confirm = any(one.confirm for one in rules) and not approvals
    grave = next((one.grave for one in rules if one.grave), None)
    return ApprovalRequirement(
        approvals, confirm, any(one.reason for one in rules), max(one.by for one in rules), grave
    )


def rule_of(effect: Effect, rules: EffectRules) -> ApprovalRequirement:
    """What the configuration asks for this effect."""
    its: GraveRule | EffectRule = getattr(rules, effect.value)
    stays = isinstance(its, GraveRule) or not its.emergency
    return ApprovalRequirement(
        its.approvals, False, its.reason, _BY[its.by], effect if stays and its.approvals else None
    )


def rule_for(own: ApprovalRequirement, effects: Iterable[Effect], rules: EffectRules) -> ApprovalRequirement:
    """The command's own rule, and those of all the effects."""
    return strictest([own, *(rule_of(one, rules) for one in effects)])


def agreed(effect: Effect, rules: EffectRules) -> str:
    """Who has to agree to the effect, in words: "1 approval by an approver, also in an emergency"."""
    its = rule_of(effect, rules)
    if not its.approvals:
        return "the requester alone"
    count = "1 approval" if its.approvals == 1 else f"{its.approvals} approvals"
    reason = ", with a reason" if its.reason else ""
    alone = ", also in an emergency" if its.grave else "; an emergency goes without"
    return f"{count} by {its.by.one}{reason}{alone}"


def unforeseen(effects: Iterable[Effect], foreseen: Collection[Effect], rules: EffectRules) -> bool:
    """Whether there is an effect that others must agree to, and that nobody could know of when they agreed."""
    return any(one not in foreseen and rule_of(one, rules).approvals for one in effects)


def check_policy(settings: ApprovalSettings, commands: Sequence[Command]) -> None:
    """Raises ConfigError for a policy about no command, or one that would loosen what a command asks for."""
    known = {command.name: command for command in commands}
    for name, wanted in settings.policy.items():
        command = known.get(name)
        if command is None or isinstance(command, Query):
            changes = ", ".join(sorted(n for n, c in known.items() if not isinstance(c, Query)))
            raise ConfigError(
                f"approvals.policy: “{name}” is not a command that changes anything. Choose from {changes}"
            )
        least = rule_for(rule(command, {}), command.effects.always, settings.effects).approvals
        if "approvals" in wanted.model_fields_set and wanted.approvals < least:
            raise ConfigError(
                f"approvals.policy: “{name}” always needs {_count(least)}: a policy may ask for more, not fewer"
            )


def check_request(
    change: AnyChange, needed: ApprovalRequirement, level: Level, *, reason: str, emergency: str, holders: Sequence[str]
) -> None:
    """Raises UserError for a request that cannot go on whatever its plan: with what to type instead."""
    if emergency:
        _check_emergency(change, needed, level)
    elif needed.approvals and not holders:
        raise UserError(
            f"“{change.name}” needs {_count(needed.approvals)}, but no approver is configured, so it cannot run.",
            "Ask whoever runs the bot to set access.approver in its configuration.",
        )
    if needed.reason and not (reason or emergency):
        raise UserError(f"“{change.name}” needs a reason.", 'Add one: --reason "why it is needed"')


def _check_emergency(change: AnyChange, needed: ApprovalRequirement, level: Level) -> None:
    if level < Level.ADMIN:
        raise UserError(
            "Only an admin can declare an emergency.", "Type it without --emergency, so that others can approve it."
        )
    if needed.grave:
        what = needed.grave.title
        raise UserError(
            f"This {what[0].lower()}{what[1:]}. Even in an emergency, nobody can do that alone.",
            "Type it without --emergency, so that others can approve it.",
        )
    if not needed.approvals:
        raise UserError(f"“{change.name}” needs no approval, so there is no need for --emergency.")


def _count(approvals: int) -> str:
    return "an approval" if approvals == 1 else f"{approvals} approvals"
