"""The view of a change as its card shows it now: made from the record, so that every copy can be brought up to date."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.access.access import Access
from bot.changes import approval_card, replies
from bot.changes.change_cards import ChangeCards
from bot.changes.emergency_delay import condition, in_freeze, on_hold
from bot.changes.model import ChangeRequest, State
from bot.changes.requirements import Requirements
from bot.changes.running import RunningChanges
from bot.changes.serialization import load_view
from bot.chat.platform import Click, Person
from cards.pages import one_page
from cards.views import Plan, Progress, Request, View
from commands.framework.command import Level
from commands.framework.effects import Impact, in_words, ordered


@dataclass(frozen=True)
class ChangeView:
    """Makes the views, and shows them on the change's cards."""

    requirements: Requirements
    access: Access
    running: RunningChanges
    cards: ChangeCards
    now: Callable[[], datetime]

    def of(
        self, known: ChangeRequest, viewer: Person | None = None, level: Level = Level.ANYONE, page: int = 1
    ) -> View:
        """Return what the change's card shows to `viewer`, or to everyone; a page of it where it is long."""
        return one_page(self._whole(known, viewer, level), page, (("id", known.id),))

    async def refresh(self, known: ChangeRequest) -> None:
        """Bring the card up to date while the change waits."""
        await self.cards.show(known, self.of(known))

    def adopt(self, known: ChangeRequest, click: Click) -> None:
        """Bring another copy of the card up to date whose button was pressed."""
        self.cards.adopt(known, click.conversation, click.card_id, self.of(known))

    def _whole(self, known: ChangeRequest, viewer: Person | None, level: Level) -> View:
        if known.final:
            return load_view(known.final)
        match known.state:
            case State.PLANNING:
                return replies.working(approval_card.refresh(known), known.schedule)
            case State.WAITING if known.confirm:
                return self._confirmation(known, viewer)
            case State.WAITING:
                return self._request(known, viewer, level)
            case State.CLOSING:
                return replies.closed(known)
        execution = self.running.executions.get(known.id)
        return execution.view() if execution else Progress(known.title, known.requester.name)

    def _confirmation(self, known: ChangeRequest, viewer: Person | None) -> Plan:
        is_asker = viewer is None or viewer.is_same(known.requester)
        warning = "" if is_asker else f"Only {known.requester.name}, who asked for this, can answer."
        button = self.requirements.parsed.of(known).command.button
        return approval_card.question(known, self._plan(known), button, warning)

    def _request(self, known: ChangeRequest, viewer: Person | None, level: Level) -> Request:
        by = self.requirements.level_to_approve(known)
        plan, holders = self._plan(known), self.access.holders(by)
        asks = self.requirements.parsed.of(known).command.answer_within is not None
        shown = approval_card.request(known, plan, self.now(), holders, viewer, level, by, asks_why=asks)
        if not known.emergency:
            return shown
        countdown = self.running.countdowns.get(known.id)
        warnings = tuple(filter(None, (in_freeze(countdown), on_hold(countdown), *shown.plan.warnings)))
        expires = condition(self.requirements.settings.emergency_delay, countdown)
        return replace(shown, plan=replace(shown.plan, warnings=warnings), expires=expires)

    def _plan(self, known: ChangeRequest) -> Plan:
        """Return the plan as it was shown."""
        parsed = self.requirements.parsed.of(known)
        plan = parsed.load_plan(known.plan)
        found = parsed.command.effects.found(plan)
        others = {*parsed.certain_effects}.difference(one.effect for one in found)
        impacts = ordered((*found, *(Impact(one, "") for one in others)))
        return replace(parsed.command.preview(plan), requester=known.requester.name, effects=in_words(impacts))
