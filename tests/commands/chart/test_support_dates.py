"""The table of security fixes."""

import pytest

from commands.chart.support_dates import missing_hub_fixes


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        ("5.5.4", []),
        ("5.5.1", ["5.5.3", "5.5.2"]),
        ("5.5.0", ["5.5.3", "5.5.2", "5.5.1"]),
        ("4.1.6", ["5.5.3", "5.5.2", "5.5.1", "5.5.0"]),
        ("6.0.1", ["6.1.0"]),
        ("6.1.1", []),
        ("", []),
    ],
)
def test_fixes_that_a_hub_lacks(version, lacks):
    assert [one.name for one in missing_hub_fixes(version)] == lacks
