"""A change of values that is stored: it is held against what is there by the digest of what stood there."""

import pytest

from clients.errors import Conflict
from clients.values import ValueChange
from clients.values.merge import still_open


@pytest.mark.parametrize("found", [None, "x", 3, True, {"a": [1, {"b": "ø"}]}, ["x"]])
def test_a_change_that_is_kept_has_the_digest_of_what_stood_there(found):
    change = ValueChange(("a",), found, "new")
    assert change.kept.before is None
    assert change.kept == change.kept.kept
    assert change.was_planned_on(found)
    assert change.kept.was_planned_on(found)
    assert not change.kept.was_planned_on("something else")


def test_a_change_that_was_kept_stops_where_somebody_else_came_between():
    change = ValueChange(("a",), "old", "new").kept
    assert still_open([change], {"a": "old"}, same=False) == [change]
    assert still_open([change], {"a": "new"}, same=False) == []
    with pytest.raises(Conflict):
        still_open([change], {"a": "theirs"}, same=False)
