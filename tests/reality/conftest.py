"""A belief that no longer holds says what it was and what hangs on it."""

import pytest

from tests.reality.belief import belief_of


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.when == "call" and (held := belief_of(item)):
        said = (
            f"{held.question}\nUntil now: {held.answer}\nHere: {held.versions}\n"
            f"If that release really answers otherwise: {held.then}"
        )
        report.sections.append(("what is no longer so", said))
    return report


def pytest_collection_modifyitems(items):
    """A test here without a question would be held by nothing that says what to do."""
    for item in items:
        if item.path.parent.name == "reality" and belief_of(item) is None:
            raise pytest.UsageError(f"{item.nodeid} has no @belief: say what is asked, guessed and answered")
