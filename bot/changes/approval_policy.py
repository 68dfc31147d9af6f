"""The rules of approval: what commands, the policy and effects ask for, and the strictest of these. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.config.access import ApprovalRule, ApprovalSettings, EffectRule, EffectRules, GraveRule
from bot.config.types import ConfigError
from commands.framework.command import AnyChange, Command, Consent, Level, Query
from commands.framework.effects import Effect

_BY: Final = {"approver": Level.APPROVER, "admin": Level.ADMIN}


@dataclass(frozen=True)
class ApprovalRequirement:
    """The needs of a change before it runs: others' approvals, or its requester's confirmation, and a reason.

    `by` is the level that an approval takes. `grave` is the effect, if any, that no emergency lets one person have.
    """

    approvals: int
    confirm: bool
    reason: bool = False
    by: Level = Level.APPROVER
    grave: Effect | None = None


def rule(change: AnyChange, policy: Mapping[str, ApprovalRule]) -> ApprovalRequirement:
    """Return the command's own rule, tightened by the policy."""
    more = [policy[name] for name in (change.name, change.policy_of) if name in policy]
    approvals = max(change.approvals, *(one.approvals for one in more), 0)
    confirm = change.consent is Consent.CALLER or any(one.confirm for one in more)
    by = max(Level.APPROVER, change.approved_by) if any(one.approvals for one in more) else change.approved_by
    return ApprovalRequirement(approvals, confirm and not approvals, any(one.reason for one in more), by)


def strictest(rules: Sequence[ApprovalRequirement]) -> ApprovalRequirement:
    """Return what satisfies all of the rules."""
    approvals = max(one.approvals for one in rules)
    confirm = any(one.confirm for one in rules) and not approvals
    grave = next((one.grave for one in rules if one.grave), None)
    by = max((one.by for one in rules if one.approvals), default=Level.APPROVER)
    return ApprovalRequirement(approvals, confirm, any(one.reason for one in rules), by, grave)


def rule_of(effect: Effect, rules: EffectRules) -> ApprovalRequirement:
    """Return what the configuration asks for this effect."""
    configured: GraveRule | EffectRule = getattr(rules, effect.value)
    stays = isinstance(configured, GraveRule) or not configured.emergency
    return ApprovalRequirement(
        configured.approvals,
        False,
        configured.reason,
        _BY[configured.by],
        effect if stays and configured.approvals else None,
    )


def rule_for(own: ApprovalRequirement, effects: Iterable[Effect], rules: EffectRules) -> ApprovalRequirement:
    """Return the strictest of the command's own rule and those of all the effects."""
    return strictest([own, *(rule_of(one, rules) for one in effects)])


def agreed(effect: Effect, rules: EffectRules) -> str:
    """Say who has to agree to the effect: "1 approval by an approver, also in an emergency"."""
    needed = rule_of(effect, rules)
    if not needed.approvals:
        return "the requester alone"
    count = "1 approval" if needed.approvals == 1 else f"{needed.approvals} approvals"
    reason = ", with a reason" if needed.reason else ""
    alone = ", also in an emergency" if needed.grave else "; an emergency goes without"
    return f"{count} by {needed.by.one}{reason}{alone}"


def unforeseen(effects: Iterable[Effect], foreseen: Collection[Effect], rules: EffectRules) -> bool:
    """Return True if others must agree to an effect that nobody could know of when they agreed."""
    return any(one not in foreseen and rule_of(one, rules).approvals for one in effects)


def check_policy(settings: ApprovalSettings, commands: Sequence[Command]) -> None:
    """Raise ConfigError for a policy about no command, or one that would loosen what a command asks for."""
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
                f"approvals.policy: “{name}” always needs {count_in_words(least)}: a policy may ask for more, not fewer"
            )


def count_in_words(approvals: int) -> str:
    """Return the number of approvals in words: "an approval", "2 approvals"."""
    return "an approval" if approvals == 1 else f"{approvals} approvals"
