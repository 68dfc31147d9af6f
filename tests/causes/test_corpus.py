"""What people read when something breaks is true: right, or quoted where nobody can know, and never wrong."""

from collections import Counter

import pytest

from tests.causes.asking import answer
from tests.causes.corpus import KINDS, corpus
from tests.causes.judging import Verdict, judged

ENTRIES = corpus()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.id)
async def test_what_is_said_of_it_is_true(entry):
    found = judged(entry, await answer(entry))
    assert found.verdict is not Verdict.WRONG, found.why


def test_the_corpus_keeps_its_cases_and_all_kinds():
    assert sum(one.case for one in ENTRIES) == 48
    assert set(Counter(one.kind for one in ENTRIES)) == set(KINDS)
    assert len(ENTRIES) >= 400
