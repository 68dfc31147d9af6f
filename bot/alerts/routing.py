"""What conversations want to hear, by the configuration: over what was typed in them, and not at night."""

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
    """What one conversation wants; None where what was typed there, or what holds for all, counts."""

    minimum: Severity | None = None
    only: tuple[str, ...] | None = None
    quiet: Hours | None = None


@dataclass(frozen=True)
class Routing:
    """The rules by the conversation's id, and the quiet hours of all others."""

    timezone: str = "UTC"
    quiet: Hours | None = None
    channels: Mapping[str, Route] = field(default_factory=dict)

    def wanted(self, given: Subscription) -> Subscription:
        """What a conversation wants, the configuration being above what was typed there."""
        rule = self._of(given.conversation)
        minimum = given.minimum if rule.minimum is None else rule.minimum
        return replace(given, minimum=minimum, only=given.only if rule.only is None else rule.only)

    def is_quiet(self, conversation: str, moment: datetime) -> bool:
        """Whether a conversation is not to be disturbed now, unless it is critical."""
        hours = self._of(conversation).quiet or self.quiet
        return hours is not None and hours.covers(moment.astimezone(ZoneInfo(self.timezone)).time())

    def _of(self, conversation: str) -> Route:
        # A channel has the same rule whichever of its threads is asked about.
        return self.channels.get(conversation.partition(";messageid=")[0], Route())


def rules(section: AlertsSection, watchers: Collection[str]) -> Routing:
    """The rules that the configuration gives. Raises ValueError for what nobody watches."""
    for name, channel in section.channels.items():
        strange = sorted(set(channel.only or ()) - set(watchers))
        if strange:
            raise ValueError(f"channels.{name}.only: there is no watcher named {strange[0]}")
    return Routing(section.timezone, section.quiet, {name: _rule(one) for name, one in section.channels.items()})


def _rule(channel: ChannelSection) -> Route:
    return Route(Severity[channel.min.upper()] if channel.min else None, channel.only, channel.quiet)
