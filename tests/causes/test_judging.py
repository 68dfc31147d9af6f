"""The judge itself: what it must not let pass."""

import pytest

from tests.causes.corpus import Entry
from tests.causes.judging import Verdict, judged

TEXT = "AttachVolume.Attach failed: the moon is in the wrong quarter, disk gone"


def entry(expect, says=(), never=()):
    return Entry("x", "event", "x", "nobody", TEXT, expect, says, never, case=False)


@pytest.mark.parametrize(
    ("asked", "said", "verdict"),
    [
        (entry("right", ("quarter",)), "The moon’s QUARTER is wrong.", Verdict.RIGHT),
        (entry("right", ("quarter",)), "The moon is wrong.", Verdict.WRONG),
        (entry("right", ("quarter",), ("delete",)), "The quarter is wrong: delete the claim.", Verdict.WRONG),
        (entry("right", ("quarter",), ("gone",)), "It says: “the wrong quarter, disk gone”.", Verdict.RIGHT),
        (entry("quoted"), "The cluster says: “the moon is in the wrong quarter, disk gone”.", Verdict.QUOTED),
        (entry("quoted"), "The cluster says: “AttachVolume.Attach failed … wrong quarter, disk gone”.", Verdict.QUOTED),
        (entry("quoted"), "The moon is in the wrong quarter.", Verdict.WRONG),
        (entry("quoted"), "Its disk is gone: “the moon is in the wrong quarter, disk gone”.", Verdict.WRONG),
        (entry("quoted"), "The home is full: “the moon is in the wrong quarter”.", Verdict.WRONG),
        (entry("quoted"), "The cluster says: “something that it never said at all”.", Verdict.WRONG),
        (entry("quoted"), "", Verdict.WRONG),
    ],
)
def test_an_answer_is_judged_by_what_it_says_itself(asked, said, verdict):
    assert judged(asked, {"/jhub why": said}).verdict is verdict


def test_what_one_place_claims_spoils_the_answer_of_all():
    quotation = "“the moon is in the wrong quarter, disk gone”"
    places = {"/jhub why": quotation, "an alert": "Its disk was not found."}
    assert judged(entry("quoted"), places).verdict is Verdict.WRONG
