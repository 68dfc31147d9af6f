"""Let's Encrypt's rate limits, counted from what is known, before another attempt is offered. Pure.

Its limits are token buckets (letsencrypt.org/docs/rate-limits, of 2025): so many at once, and one more after each
`within / most`. What others tried elsewhere, with the same names or account, counts there too and is not known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from cards.times import joined, timed

# An issued certificate begins this much before it was issued (Let's Encrypt's FAQ on the clock's skew).
BACKDATED: Final = timedelta(hours=1)
# How long after its restart a retry of the bot's is the attempt that Traefik's log tells of.
_SAME_ATTEMPT: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Limit:
    """At most `most` within `within`."""

    most: int
    within: timedelta

    @property
    def refill(self) -> timedelta:
        """After which time one more is allowed."""
        return self.within / self.most

    def within_reach(self, times: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
        """Return those of the times that count now, oldest first."""
        return tuple(sorted(one for one in times if now - self.within < one <= now))

    def next_at(self, times: Iterable[datetime], now: datetime) -> datetime | None:
        """Return when the next is allowed if none is now, else None.

        Where as many as the limit are counted in its time, one refill after the last is waited for in any case: the
        bucket may have been emptier than what is known of it.
        """
        known = self.within_reach(times, now)
        if len(known) < self.most:
            return None
        filled = known[0]
        for one in known:
            filled = max(filled, one) + self.refill
        free = max(filled - (self.most - 1) * self.refill, known[-1] + self.refill)
        return free if free > now else None


FAILURES: Final = Limit(5, timedelta(hours=1))
"""Authorization Failures per Identifier per Account."""
DUPLICATES: Final = Limit(5, timedelta(days=7))
"""New Certificates per Exact Set of Identifiers."""
ORDERS: Final = Limit(300, timedelta(hours=3))
"""New Orders per Account."""


@dataclass(frozen=True)
class Known:
    """All that is known of attempts and certificates. Lists of times have no order.

    `failed` are failed authorisations by host, as Traefik logged them; `orders` its attempts. `retried` are the bot's
    own retries and resets that ended without a certificate, at which every host may have failed. `issued` are the times
    of issue by the certificate's names, which are empty where they were not recorded. `sources` says what was read,
    `unread` what could not be.
    """

    failed: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    orders: Sequence[datetime] = ()
    retried: Sequence[datetime] = ()
    issued: Sequence[tuple[frozenset[str], datetime]] = ()
    sources: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


NOTHING_KNOWN: Final = Known()


@dataclass(frozen=True)
class LimitCount:
    """The count for one host. `until` is when the next attempt is possible, None if it is now.

    `lines` has what was counted, `reached` the limit that holds; `issued` is how many certificates of the same names.
    """

    lines: tuple[str, ...] = ()
    reached: str = ""
    until: datetime | None = None
    issued: int = 0


def count(known: Known, host: str, names: frozenset[str], now: datetime) -> LimitCount:
    """Return the count for a host whose certificate has these names."""
    failed = [*known.failed.get(host, ()), *_unlogged(known)]
    issued = [when for has, when in known.issued if not has or has == names]
    whose = ", ".join(sorted(names))
    limits = (
        (
            FAILURES,
            failed,
            f"failed authorisation{{s}} of {host} in the last hour",
            "an hour for a host and an account",
        ),
        (DUPLICATES, issued, f"certificate{{s}} for exactly {whose} in the last seven days", "in seven days"),
        (ORDERS, [*known.orders, *_unlogged(known)], "order{s} in the last three hours", "in three hours"),
    )
    lines: list[str] = []
    held: list[tuple[datetime, str]] = []
    for limit, times, what, per in limits:
        recent = len(limit.within_reach(times, now))
        counted = f"{recent} {what.format(s='' if recent == 1 else 's')}"
        line = f"{counted}: Let's Encrypt allows {limit.most} {per}, one more every {_spoken(limit.refill)}."
        if recent and limit is not ORDERS:
            lines.append(line)
        if until := limit.next_at(times, now):
            held.append((until, line))
    until, reached = max(held, default=(None, ""))
    return LimitCount(tuple(lines), reached, until, len(DUPLICATES.within_reach(issued, now)))


def _spoken(refill: timedelta) -> str:
    """Return a time to wait, rounded as Let's Encrypt writes it."""
    hours, minutes = round(refill / timedelta(hours=1)), round(refill / timedelta(minutes=1))
    if hours:
        return f"{hours} hours"
    return f"{minutes} minutes" if minutes > 1 else f"{refill.seconds} seconds"


def _unlogged(known: Known) -> list[datetime]:
    """Return the bot's own attempts that no line of the log is about: their pods, and logs, are gone.

    A line is about the last attempt before it.
    """
    begun = sorted(known.retried)
    ends = [min(end, begin + _SAME_ATTEMPT) for begin, end in pairwise([*begun, datetime.max.replace(tzinfo=UTC)])]
    return [
        begin for begin, end in zip(begun, ends, strict=True) if not any(begin <= line < end for line in known.orders)
    ]


def basis(known: Known) -> str:
    """Return what was counted from, and what may be missing."""
    read = joined(", ", *known.sources) or "nothing"
    unread = f" Not read: {', '.join(known.unread)}." if known.unread else ""
    return timed(
        "Counted from ", read, f".{unread} Attempts made elsewhere for the same names or account are not known."
    )
