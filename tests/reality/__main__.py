"""`make reality`: the questions that were put to the real packages, with the guesses, the answers and the versions."""

import sys
import textwrap
from pathlib import Path

import pytest

from tests.reality.belief import Belief, belief_of

_WIDTH = 116


class _Listing:
    """Collects what came out of each question."""

    def __init__(self) -> None:
        self.held: dict[str, Belief] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.held = {item.nodeid: held for item in session.items if (held := belief_of(item))}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome


def _shown(held: Belief, outcome: str) -> str:
    lines = [("", held.question), ("guess   ", held.guess)]
    if held.is_surprise:
        lines.append(("answer  ", held.answer))
    lines.append((f"{outcome:<8}", held.versions))
    wrapped = (
        textwrap.fill(text, _WIDTH, initial_indent=name and f"  {name}", subsequent_indent="          ")
        for name, text in lines
    )
    return "\n".join(wrapped) + "\n\n"


def main() -> int:
    """Run them one after another and list them. Return 1 if one no longer holds."""
    listing = _Listing()
    folder = Path(__file__).parent
    status = pytest.main(["--quiet", "--no-header", "-p", "no:cacheprovider", str(folder)], plugins=[listing])
    once = {held: listing.outcomes.get(node, "not run") for node, held in listing.held.items()}
    for held, outcome in once.items():
        sys.stdout.write(_shown(held, outcome))
    surprises = sum(held.is_surprise for held in once)
    holding = sum(outcome == "passed" for outcome in once.values())
    sys.stdout.write(f"{len(once)} questions, {surprises} with another answer than the guess; {holding} hold here\n")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
