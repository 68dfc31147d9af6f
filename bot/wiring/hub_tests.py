"""The parts that test a hub as a user meets it: the records, and the tests that nobody asks for."""

from collections.abc import Callable
from datetime import datetime

from bot.audit.entry import Audit
from bot.config.settings import Settings
from bot.hubtest.by_itself import OwnHubTests
from bot.hubtest.repository import HubTests
from bot.runtime.leases import Lease
from bot.store.database import Database
from bot.wiring.command_context import CommandContext
from commands.ports.hub_tests import HubTestRules


def hub_tests(settings: Settings, database: Database, of: Callable[[str], HubTests | None]) -> HubTests:
    """Return a hub's tests on record. `of` returns those of another hub by its name."""
    section = settings.test
    return HubTests(database, HubTestRules(section.after, section.packages, section.passed_on), of)


def own_tests(
    settings: Settings, database: Database, context: CommandContext, audit: Audit, now: Callable[[], datetime]
) -> OwnHubTests:
    """Build what tests the hub by itself, and looks after what tests have left."""
    return OwnHubTests(
        tests=context.tests,
        reads=context.reads,
        writes=lambda: context.writes,
        audit=audit,
        lease=Lease(database, "hub tests", settings.store.replica),
        now=now,
        is_wanted=settings.test.on_failed_starts,
    )
