"""The check on cards finds what is wrong with them."""

import pytest

from tests.cards.schema import problems


@pytest.mark.parametrize(
    "element",
    [
        {"type": "TextBlock", "text": "x", "colour": "Good"},
        {"type": "TextBlock", "text": "x", "color": "Green"},
        {"type": "Container", "items": [{"type": "FactSet", "facts": [{"title": "a", "val": "b"}]}]},
        {"type": "ProgressBar", "value": 1, "fallback": {"type": "TextBlock", "txt": "x"}},
    ],
)
def test_a_mistake_is_found(element):
    assert problems({"type": "AdaptiveCard", "version": "1.5", "body": [element]})


def test_a_good_card_passes():
    assert problems({"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "x"}]}) == []
