"""What came out of each release's tests: by suite, with what it took."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

_BAD = ("failure", "error")


@dataclass(frozen=True)
class Outcome:
    """The tests of one release: how many ended in which way in each suite, and the minutes that it took."""

    suites: Mapping[str, Counter[str]]
    waited: float = 0.0
    processor: float = 0.0

    @property
    def counts(self) -> Counter[str]:
        return sum(self.suites.values(), Counter())


def by_suite(report: Path, suites: Sequence[str]) -> dict[str, Counter[str]]:
    """Return what a JUnit report says, by the folder or file that was asked for. No report is one failure."""
    found: dict[str, Counter[str]] = {suite: Counter() for suite in suites}
    if not report.exists():
        return {suites[0]: Counter(failed=1)}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it just now
        found.setdefault(_suite_of(case, suites), Counter())[_ended(case)] += 1
    return found


def _suite_of(case: ET.Element, suites: Iterable[str]) -> str:
    """Return the suite by the module, which a test that could not be collected has for its name."""
    module = case.get("classname") or case.get("name") or ""
    names = {suite: suite.removesuffix(".py").replace("/", ".") for suite in suites}
    return max((suite for suite, name in names.items() if f"{module}.".startswith(f"{name}.")), key=len, default=module)


def _ended(case: ET.Element) -> str:
    tags = {child.tag for child in case}
    if tags & set(_BAD):
        return "failed"
    return "skipped" if "skipped" in tags else "passed"


def table(outcomes: Mapping[str, Outcome | str]) -> Iterator[str]:
    """Yield the lines of a table in Markdown: suites by releases. A release that was not run has the reason instead."""

    def row(name: str, cell: Callable[[Outcome], str]) -> str:
        return _row(name, [cell(one) if isinstance(one, Outcome) else "–" for one in outcomes.values()])

    yield _row("", outcomes)
    yield "|---|" + "---:|" * len(outcomes)
    ran = [one for one in outcomes.values() if isinstance(one, Outcome)]
    for suite in dict.fromkeys(suite for one in ran for suite in one.suites):
        yield row(suite, lambda one, suite=suite: _counted(one.suites.get(suite, Counter())))
    yield row("all", lambda one: _counted(one.counts))
    yield row("minutes", lambda one: f"{one.waited:.1f}")
    yield row("minutes of processor", lambda one: f"{one.processor:.1f}")
    yield from (f"\n{name} was not run: {why}." for name, why in outcomes.items() if isinstance(why, str))


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _counted(counts: Counter[str]) -> str:
    if not counts:
        return "–"
    more = [f"{counts[one]} {one}" for one in ("failed", "skipped") if counts[one]]
    return f"{counts['passed']}" + (f" ({', '.join(more)})" if more else "")
