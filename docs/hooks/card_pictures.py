"""The golden cards that are shown with each command, and the check of the committed pictures against them.

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
    """Return a short digest of the golden card as it is now."""
    return sha256((GOLDEN / f"{card}.json").read_bytes()).hexdigest()[:16]


def current(card: str) -> bool:
    """Return True if both pictures of the card were drawn from its present state."""
    drawn = json.loads(DRAWN.read_text("utf-8")) if DRAWN.exists() else {}
    there = all((FOLDER / f"{card}-{theme}.png").exists() for theme in ("light", "dark"))
    return there and drawn.get(card) == digest(card)
