"""Tables of support and of security fixes."""

from datetime import date

import pytest

from commands.chart.support_dates import kubernetes_end, long_term_end, missing_hub_fixes


@pytest.mark.parametrize(
    ("version", "lacks"),
    [("5.5.4", []), ("5.5.1", []), ("6.1.1", []), ("5.5.0", ["5.5.1"]), ("4.1.6", ["5.5.1", "5.5.0"]), ("", [])],
)
def test_fixes_that_a_hub_lacks(version, lacks):
    assert [one.name for one in missing_hub_fixes(version)] == lacks


def test_long_term_support_is_told_where_it_is_known():
    assert long_term_end("v1.30.9") == date(2026, 7, 31)
    assert long_term_end("v1.31.2") is None
    assert kubernetes_end("v1.30.9") == date(2025, 8, 22)
