"""The approvals and levels that a change takes: by its command's own rule, the policy's, and those of its effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.changes import approval_policy
from bot.changes.approval_policy import ApprovalRequirement
from bot.changes.model import ChangeRequest
from bot.changes.parsed_changes import ParsedChange, ParsedChanges
from bot.chat.platform import Person
from bot.config.access import ApprovalSettings
from commands.framework.command import Level
from commands.framework.effects import Impact
from commands.framework.errors import UserError


@dataclass(frozen=True)
class Requirements:
    """Looks requirements up in the settings; `parsed` has the command of each change."""

    settings: ApprovalSettings
    parsed: ParsedChanges

    def of(self, parsed: ParsedChange, impacts: Sequence[Impact]) -> ApprovalRequirement:
        """Return what the change needs with these effects found in its plan. Raise UserError, as `ruling` does."""
        own = approval_policy.strictest([approval_policy.rule(one, self.settings.policy) for one in parsed.ruling])
        effects = [*parsed.certain_effects, *(one.effect for one in impacts)]
        return approval_policy.rule_for(own, effects, self.settings.effects)

    def are_unforeseen(self, parsed: ParsedChange, impacts: Sequence[Impact]) -> bool:
        """Return True if others must agree to an effect that nobody could know of before the plan was made."""
        found = [one.effect for one in impacts]
        return approval_policy.unforeseen(found, parsed.certain_effects, self.settings.effects)

    def are_exceeded(self, known: ChangeRequest, parsed: ParsedChange, plan: Any) -> bool:  # noqa: ANN401 - see Change
        """Return True if more people have to agree to the plan's effects by now than have agreed."""
        impacts = parsed.command.effects.found(plan)
        needed = self.of(parsed, impacts)
        if known.emergency:
            return needed.grave is not None
        unplanned = bool(known.schedule) and not known.digest
        return needed.approvals > known.needed or (unplanned and self.are_unforeseen(parsed, impacts))

    def level_to_ask(self, known: ChangeRequest) -> Level:
        """Return the level that asking for this change and stopping it take; admin where its line is not understood."""
        try:
            return self.parsed.of(known).least_level
        except UserError:
            return Level.ADMIN

    def time_to_answer(self, parsed: ParsedChange) -> timedelta:
        """Return how long the question about the change waits."""
        return parsed.command.answer_within or self.settings.expiry

    def level_to_stop(self, known: ChangeRequest, person: Person) -> Level:
        """Return the level that stopping this change takes of that person: none where it is their own."""
        needed = self.level_to_ask(known)
        return needed if person.is_same(known.requester) else max(needed, Level.OPERATOR)

    def level_to_approve(self, known: ChangeRequest) -> Level:
        """Return the level that an approval of this change takes; admin where its line or plan is not understood."""
        try:
            parsed = self.parsed.of(known)
            impacts = parsed.command.effects.found(parsed.load_plan(known.plan))
            return self.of(parsed, impacts).by
        except (UserError, ValueError):
            return Level.ADMIN
