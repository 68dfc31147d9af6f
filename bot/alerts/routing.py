"""Routing of alerts by the configuration, which overrides what was typed in a conversation, and quiet hours."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.finding import Severity
from bot.alerts.repository import Subscription
from bot.config.alerts import AlertsSection, ChannelSection
from commands.timing.hours import Hours


@dataclass(frozen=True)
class Route:
    """Rule for one conversation; None where what was typed there, or what holds for all, counts."""

    minimum: Severity | None = None
    only: tuple[str, ...] | None = None
    quiet: Hours | None = None


@dataclass(frozen=True)
class Routing:
    """Rules by the id of the conversation, and the quiet hours of all others."""

    timezone: str = "UTC"
    quiet: Hours | None = None
    channels: Mapping[str, Route] = field(default_factory=dict)

    def effective(self, given: Subscription) -> Subscription:
        """Return the subscription as the configuration has it, which overrides what was typed there."""
        rule = self._of(given.conversation)
        minimum = given.minimum if rule.minimum is None else rule.minimum
        return replace(given, minimum=minimum, only=given.only if rule.only is None else rule.only)

    def is_quiet(self, conversation: str, moment: datetime) -> bool:
        """Return True in the quiet hours of a conversation, when only critical alerts may disturb it."""
        hours = self._of(conversation).quiet or self.quiet
        return hours is not None and hours.covers(moment.astimezone(ZoneInfo(self.timezone)).time())

    def _of(self, conversation: str) -> Route:
        # A channel has the same rule whichever of its threads is asked about.
        return self.channels.get(conversation.partition(";messageid=")[0], Route())


def rules(section: AlertsSection, watchers: Collection[str]) -> Routing:
    """Return the rules of the configuration. Raise ValueError for an unknown watcher."""
    for name, channel in section.channels.items():
        strange = sorted(set(channel.only or ()) - set(watchers))
        if strange:
            raise ValueError(f"channels.{name}.only: there is no watcher named {strange[0]}")
    return Routing(section.timezone, section.quiet, {name: _rule(one) for name, one in section.channels.items()})


def _rule(channel: ChannelSection) -> Route:
    return Route(Severity[channel.min.upper()] if channel.min else None, channel.only, channel.quiet)
