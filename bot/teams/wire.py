"""JSON as it goes over the wire."""

import json


def compact(content: object) -> bytes:
    """`content` in as few bytes as may be: the size of a card is measured in this form, and Teams limits it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # Half of a character pair, cut off somewhere, has no UTF-8: it becomes a question mark.
    return text.encode("utf-8", "replace")
