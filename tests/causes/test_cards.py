"""Cards whose worlds are not a cluster: each looks as it looked when somebody last read it aloud.

Those of a cluster go through the whole bot (`test_whole.py`).

`UPDATE_GOLDEN=1 pytest tests/causes/test_cards.py` writes the files anew; look at the difference, and read it.
"""

import json
import os
from pathlib import Path

import pytest

from cards import adaptive, text
from tests.cards.schema import problems
from tests.causes.asking import answer
from tests.causes.corpus import MOST_MET, MOST_MET_OF_NODES, corpus

_GOLDEN = Path(__file__).parent / "golden"
_CARDS = ("acme-404-at-own-balancer", "acme-rate-failures", "acme-servfail", "aadsts-700016")
ENTRIES = {one.id: one for one in corpus()}


@pytest.mark.parametrize("name", _CARDS)
async def test_the_card_is_the_golden_one(name):
    card = (await answer(ENTRIES[name])).card
    shown = adaptive.render(card)
    assert problems(shown) == []
    _compare(f"{name}.json", json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    _compare(f"{name}.txt", f"{text.render(card)}\n")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in _GOLDEN.iterdir()} == {*_CARDS, *MOST_MET, *MOST_MET_OF_NODES}


def _compare(name: str, now: str) -> None:
    path = _GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, "utf-8")
    assert now == path.read_text("utf-8")
