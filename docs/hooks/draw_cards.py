"""Draw the cards that the documentation shows into docs/pictures/cards: `make docs-pictures` (needs Chromium)."""

import json
import subprocess
import sys

from card_pictures import DRAWN, FOLDER, ROOT, SHOWN, digest
from small_png import shrink


def main() -> int:
    """Draw all of them, and write down what each was drawn from. The exit status is that of the drawing."""
    cards = sorted(set(SHOWN.values()))
    drawing = [sys.executable, "tests/cards/pictures.py", str(FOLDER), "--width", "560", "--named", *cards]
    status = subprocess.run(drawing, cwd=ROOT, check=False).returncode
    if status == 0:
        for picture in sorted(FOLDER.glob("*.png")):
            shrink(picture)
        DRAWN.write_text(json.dumps({card: digest(card) for card in cards}, indent=1) + "\n", "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
