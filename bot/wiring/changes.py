"""The parts that carry out one hub's changes, put together: from a message's gates to the last step of its change."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.access.access import Access
from bot.access.names import Names
from bot.audit.entry import Audit
from bot.changes.approval import ApprovalPhase
from bot.changes.audience import Audience
from bot.changes.change_cards import ChangeCards
from bot.changes.change_view import ChangeView
from bot.changes.executor import Executor
from bot.changes.freezes import Freezes
from bot.changes.parsed_changes import ParsedChanges
from bot.changes.phases import PhaseRunner
from bot.changes.planning import Planner
from bot.changes.ports import ContextFactory, Record
from bot.changes.queue import ChangeQueue
from bot.changes.records import ChangeRecords
from bot.changes.repository import Changes
from bot.changes.requirements import Requirements
from bot.changes.running import RunningChanges
from bot.changes.stopping import ChangeStopper
from bot.changes.workflow import Workflow
from bot.chat.platform import Places
from bot.config.access import ApprovalSettings
from bot.dispatch.answer_pages import KeptAnswers
from bot.dispatch.change_clicks import ChangeClicks
from bot.dispatch.clicks import ButtonHandler, CardFinder, ClickHandler
from bot.dispatch.messages import MessageHandler
from bot.dispatch.pipeline import Pipeline
from bot.dispatch.queries import QueryHandler
from bot.dispatch.refusals import Refusals
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from commands.framework.command import Command


@dataclass(frozen=True)
class ChangeStore:
    """The changes of a hub on record and in this process. Commands read it, so it is there before their context."""

    records: ChangeRecords
    running: RunningChanges

    @property
    def stopper(self) -> ChangeStopper:
        """A way to stop them."""
        return ChangeStopper(self.records, self.running)


def change_store(changes: Changes, audit: Audit, now: Callable[[], datetime]) -> ChangeStore:
    """Return the store of a hub's changes, with none in this process yet."""
    return ChangeStore(ChangeRecords(changes, audit, now), RunningChanges())


@dataclass(frozen=True)
class ChangeParts:
    """The parts of a hub that its changes use. `seconds` is a clock that only goes forward.

    `ended` is told how each request ended.
    """

    commands: Sequence[Command]
    access: Access
    context: ContextFactory
    store: ChangeStore
    freezes: Freezes
    audience: Audience
    places: Places
    settings: ApprovalSettings
    durable: Record
    meter: Meter
    ended: Callable[[Outcome], None]
    seconds: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class ChangeServices:
    """The parts that take changes on, show them, and know what they require."""

    workflow: Workflow
    view: ChangeView
    requirements: Requirements


def build_changes(parts: ChangeParts) -> ChangeServices:
    """Build what carries out changes."""
    records, running = parts.store.records, parts.store.running
    parsed = ParsedChanges(parts.commands)
    requirements = Requirements(parts.settings, parsed)
    cards = ChangeCards(records.changes, parts.places)
    view = ChangeView(requirements, parts.access, running, cards, records.now)
    planner = Planner(
        records,
        parsed,
        requirements,
        parts.freezes,
        parts.access,
        parts.audience,
        parts.context,
        view,
        running,
        parts.meter,
    )
    phases = PhaseRunner(parts.durable, records, running, cards)
    executor = Executor(phases, planner, parts.context, cards, parts.places, parts.meter)
    approval = ApprovalPhase(
        records, requirements, parts.audience, view, running, parts.places, parts.meter, parts.seconds, parts.freezes
    )
    queue = ChangeQueue(records, running, executor)
    workflow = Workflow(phases, planner, approval, queue, executor, parts.meter, parts.ended)
    return ChangeServices(workflow, view, requirements)


def build_pipeline(
    parts: ChangeParts,
    services: ChangeServices,
    names: Names,
    buttons: Mapping[str, ButtonHandler],
    cards: Mapping[str, CardFinder],
) -> Pipeline:
    """Build what messages and clicks go through. `buttons` and `cards` are as for `ClickHandler`."""
    records = parts.store.records
    refusals = Refusals(parts.access, records.audit, records.now)
    queries = QueryHandler(parts.access, parts.context, refusals, KeptAnswers(records.now))
    messages = MessageHandler(
        parts.commands, parts.access, names, queries, services.workflow, refusals, parts.meter, parts.ended
    )
    on_changes = ChangeClicks(
        records, services.requirements, parts.access, services.view, parts.store.stopper, messages
    )
    return Pipeline(messages, ClickHandler(messages, on_changes, buttons, cards))
