"""The month's budget at 80 and at 100 %, and how many people used more than one person may. Names stay with `cost`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from commands.nodes.budget import SPENT, WARN_AT, forecast, over_quota, percent, quota_words
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import Spending, spending
from commands.ports.context import Reads
from commands.ports.usage import CostRules

_BY_PROFILE: Final = typing("Show cost", "/jhub cost --by profile")
_ESTIMATED: Final = (
    "That is an estimate by the configured prices and what the bot recorded: Azure’s bill may differ. "
    "The bot stops nothing because of it."
)
_SMALLER: Final = "“/jhub autoscale” lowers what a pool may grow to; “/jhub schedule add” makes it smaller at night."
# The most steps that an alert can have.
_MOST_STEPS: Final = 99


async def look(reads: Reads) -> Sequence[Finding]:
    """Add up the month so far, where anything is configured to compare it with. Raise Unavailable of the store."""
    rules = reads.cost.rules
    if rules.budget is None and rules.quota_hours is None and rules.quota_amount is None:
        return ()
    return judge(await spending(reads), Money.of_reads(reads.cost), rules)


def judge(seen: Spending, money: Money, rules: CostRules) -> list[Finding]:
    """Return a finding for the budget and one for the people above the quota, where there is something to say. Pure."""
    return [*_budget(seen, money, rules), *_quota(seen, money, rules)]


def _budget(seen: Spending, money: Money, rules: CostRules) -> list[Finding]:
    if rules.budget is None or (part := percent(seen.parts.total, rules.budget)) < WARN_AT:
        return []
    month, spent, is_spent = seen.month.name, money.text(seen.parts.total), part >= SPENT
    title = f"The budget for {month} is spent" if is_spent else f"{part} % of the budget for {month} is spent"
    found = Finding(
        key=f"budget {seen.month.first:%Y-%m}",
        severity=Severity.WARNING,
        title=title,
        cause=f"Nodes and homes have cost {spent}; the budget is {money.text(rules.budget)}. {_ESTIMATED}",
        facts=(
            Fact("By the end of the month", forecast(seen, money)),
            Fact("Nodes for users, not reserved", money.text(seen.parts.idle)),
            Fact("Recorded", f"{hours_in_words(seen.usage.hours)} of {hours_in_words(seen.month.hours)}"),
        ),
        advice=(_SMALLER,),
        buttons=(_BY_PROFILE, typing("Show nodes", "/jhub nodes")),
        step=int(is_spent),
    )
    return [found]


def _quota(seen: Spending, money: Money, rules: CostRules) -> list[Finding]:
    if not (above := len(over_quota(seen.usage, money, rules))):
        return []
    who = "1 person has" if above == 1 else f"{above:,} people have"
    found = Finding(
        key=f"quota {seen.month.first:%Y-%m}",
        severity=Severity.NOTE,
        title=f"{who} used more than one person may in {seen.month.name}",
        cause=f"One person may use {quota_words(rules, money)} in a month. The bot stops nobody because of it.",
        advice=("Operators see who it is; names are not part of alerts.",),
        buttons=(typing("Show who", f"/jhub cost --by user --days {_days(seen)}"),),
        step=min(above, _MOST_STEPS),
    )
    return [found]


def _days(seen: Spending) -> int:
    """Return how many days of the month there are so far."""
    return max(((day.day - seen.month.first).days + 1 for day in seen.usage.days), default=1)


WATCHER = Watcher(
    "budget", look, every=timedelta(minutes=15), dwell=timedelta(0), clear=timedelta(minutes=15), outside=True
)
