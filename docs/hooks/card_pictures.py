"""Which golden cards are shown with which command, and whether the committed picture is still of that card.

`make docs-pictures` draws them anew. A picture whose card has changed since is left out, and its text shown instead:
the site never shows what the bot does not.
"""

import json
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures" / "cards"
GOLDEN = ROOT / "tests" / "cards" / "golden"
DRAWN = FOLDER / "drawn.json"

SHOWN = {
    "status": "status-healthy",
    "pods": "pods",
    "users": "users",
    "history": "history",
    "images": "images",
    "image build": "image-built",
    "deploy": "deployment-tag",
    "storage list": "storage-list",
    "storage doctor": "storage-doctor",
    "storage delete": "request-to-approver",
    "approvals": "approvals",
    "operations": "operations",
    "audit": "audit",
    "whoami": "whoami",
    "help": "help",
}


def digest(card: str) -> str:
    """What the golden card is now, in short."""
    return sha256((GOLDEN / f"{card}.json").read_bytes()).hexdigest()[:16]


def current(card: str) -> bool:
    """Whether both pictures of the card were drawn from what it is now."""
    drawn = json.loads(DRAWN.read_text("utf-8")) if DRAWN.exists() else {}
    there = all((FOLDER / f"{card}-{theme}.png").exists() for theme in ("light", "dark"))
    return there and drawn.get(card) == digest(card)
