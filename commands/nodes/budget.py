"""The month's budget, what it may come to, and who used more than one person may. Nothing is stopped by any of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from cards.views import Fact, Lines, Section, Tone
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import PersonUse, Spending, people
from commands.ports.usage import CostRules, DayOfNodes, HubUsage

WARN_AT: Final = 80
SPENT: Final = 100
# The widest bar of a day, in characters.
_BAR: Final = 24


def percent(amount: Decimal, budget: Decimal) -> int:
    """Return how much of the budget it is, in whole percent; no more than that until it is reached."""
    return int(amount / budget * 100)


def month_facts(seen: Spending, money: Money, rules: CostRules) -> tuple[Fact, ...]:
    """Return what this month cost so far, beside its budget, and what it may come to; nothing without prices."""
    if not money.prices or seen.usage.began is None:
        return ()
    return (Fact(f"{seen.month.name} so far", *_spent(seen, money, rules)), Fact("By its end", forecast(seen, money)))


def _spent(seen: Spending, money: Money, rules: CostRules) -> tuple[str, Tone]:
    spent = money.text(seen.parts.total)
    if rules.budget is None:
        return f"{spent}; there is no budget (cost.budget)", Tone.NOTE
    part = percent(seen.parts.total, rules.budget)
    tone = Tone.BAD if part >= SPENT else Tone.WARNING if part >= WARN_AT else Tone.NOTE
    return f"{spent}, {part} % of the budget of {money.text(rules.budget)}", tone


def forecast(seen: Spending, money: Money) -> str:
    """Return what the month may come to, in words that say what that rests on."""
    if seen.forecast is None:
        return "not known before a day of it is recorded"
    return f"about {money.text(seen.forecast)}, if all of it is like the {hours_in_words(seen.usage.hours)} recorded"


def over_quota(usage: HubUsage, money: Money, rules: CostRules) -> list[PersonUse]:
    """Return who used more than one person may in a month, of a month's use."""
    if rules.quota_hours is None and rules.quota_amount is None:
        return []
    return [one for one in people(usage, money, rules) if is_over(one, rules)]


def is_over(one: PersonUse, rules: CostRules) -> bool:
    """Return True if that is more than one person may use in a month."""
    hours, amount = rules.quota_hours, rules.quota_amount
    return (hours is not None and one.hours > hours) or (amount is not None and one.amount > amount)


def quota_words(rules: CostRules, money: Money) -> str:
    """Return what one person may use in a month: "60 h of servers or 25.00 EUR"."""
    hours, amount = rules.quota_hours, rules.quota_amount
    parts = [
        *((f"{hours_in_words(hours)} of servers",) if hours is not None else ()),
        *((money.text(amount),) if amount is not None else ()),
    ]
    return " or ".join(parts)


def quota_facts(seen: Spending, money: Money, rules: CostRules) -> tuple[Fact, ...]:
    """Return how many people used more than one person may this month, without their names."""
    if rules.quota_hours is None and rules.quota_amount is None:
        return ()
    count = len(over_quota(seen.usage, money, rules))
    who = "nobody" if not count else "1 person" if count == 1 else f"{count:,} people"
    words = f"{who} used more than {quota_words(rules, money)} in {seen.month.name}"
    return (Fact("Above the quota", words, Tone.WARNING if count else Tone.NOTE),)


def bars(days: Sequence[DayOfNodes], money: Money) -> tuple[Section, ...]:
    """Return what the nodes cost on each day as bars that any client shows; nothing where nothing did."""
    amounts = [(day.day, _amount(day, money)) for day in days]
    most = max((amount for _, amount in amounts), default=Decimal())
    if not most:
        return ()
    wide = max(len(f"{amount:,.2f}") for _, amount in amounts)
    lines = [f"{day:%a %d %b}  {amount:>{wide},.2f}  {'▇' * round(_BAR * amount / most)}" for day, amount in amounts]
    return (Lines(tuple(lines), f"Nodes by day, in {money.currency}", code=True),)


def _amount(day: DayOfNodes, money: Money) -> Decimal:
    return sum((money.of(node.size, node.hours) or Decimal() for node in day.nodes), Decimal())
