"""The site builds without a dead link, has every command, and fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.catalogue import catalogue

_ROOT = Path(__file__).parents[2]
_LOADED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b([^>]*)>""")
_PICTURES = _ROOT / "docs" / "pictures" / "cards"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=_ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_command_has_its_section(site):
    pages = "".join(path.read_text("utf-8") for path in (site / "commands").glob("*.html"))
    assert [c.name for c in catalogue() if f'id="{c.name.replace(" ", "-")}"' not in pages] == []


def test_what_each_watcher_does_is_said_with_its_times(site):
    page = (site / "alerts.html").read_text("utf-8")
    assert "Looks every minute; told after 2 minutes; over after 2 minutes without it." in page


def test_nothing_is_fetched_from_elsewhere(site):
    assert [
        f"{path.name}: {found[0]}"
        for path in site.rglob("*.html")
        for found in _LOADED.finditer(path.read_text("utf-8"))
        if re.search(r"(^|=[\"']?)(https?:)?//", found[1] or found[2])
    ] == []


def test_what_a_page_links_to_outside_of_docs_is_in_the_site(site):
    assert "singleuser:" in (site / "files/container/config.example.yaml.txt").read_text("utf-8")


def test_pictures_are_small_and_each_is_of_a_card_that_there_is():
    golden = {path.stem for path in (_ROOT / "tests/cards/golden").glob("*.json")}
    pictures = list(_PICTURES.glob("*.png"))
    assert [p.name for p in pictures if p.stem.removesuffix("-dark").removesuffix("-light") not in golden] == []
    assert [p.name for p in pictures if p.stat().st_size > 60_000] == []
