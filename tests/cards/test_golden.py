"""Every sample looks as it looked when somebody last looked at it.

`UPDATE_GOLDEN=1 pytest tests/cards` writes the files anew; look at the difference, and at `make pictures`.
"""

import json
import os
from pathlib import Path

import pytest

from cards import adaptive, text
from tests.cards.samples import SAMPLES
from tests.cards.schema import BASIC, elements, problems

_GOLDEN = Path(__file__).parent / "golden"
_MEANT = "if it is meant: UPDATE_GOLDEN=1 .venv/bin/pytest tests/cards/test_golden.py, and read the difference"


@pytest.mark.parametrize("name", SAMPLES)
def test_card_is_the_golden_one(name):
    card = adaptive.render(SAMPLES[name])
    _compare(_GOLDEN / f"{name}.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("name", SAMPLES)
def test_text_is_the_golden_one(name):
    view = SAMPLES[name]
    _compare(_GOLDEN / f"{name}.txt", f"{text.summary(view)}\n\n{text.render(view)}\n")


@pytest.mark.parametrize("name", SAMPLES)
def test_card_is_valid(name):
    assert problems(adaptive.render(SAMPLES[name])) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_what_older_clients_lack_has_a_fallback(name):
    newer = [e for e in elements(adaptive.render(SAMPLES[name])) if e["type"] not in BASIC]
    assert all(isinstance(element.get("fallback"), dict) for element in newer)


def test_no_golden_file_is_left_over():
    assert {path.stem for path in _GOLDEN.iterdir()} == set(SAMPLES), _MEANT


def _compare(path: Path, now: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(now, "utf-8")
    assert now == path.read_text("utf-8"), f"{path.name}: {_MEANT}"
