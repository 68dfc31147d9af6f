"""The site builds without a dead link, has every command, and fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.framework.registry import catalogue

_ROOT = Path(__file__).parents[2]
_LOADED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b([^>]*)>""")
_SHIM = _ROOT / "node_modules/iframe-worker/shim/index.js"
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


def test_every_command_has_a_page_of_its_own_and_the_table_leads_there(site):
    table = (site / "commands.html").read_text("utf-8")
    pages = {c.name: c.name.replace(" --", "-").replace(" ", "-") for c in catalogue()}
    assert len(set(pages.values())) == len(pages) == len(list((site / "commands").glob("*.html")))
    for name, page in pages.items():
        assert f'href="commands/{page}.html"' in table
        assert f'<h1 id="jhub-{page}">/jhub {name}' in (site / f"commands/{page}.html").read_text("utf-8")


@pytest.mark.skipif(not _SHIM.exists(), reason="npm's packages are not installed (make setup)")
def test_search_works_from_a_folder_of_files(site):
    assert (site / "search/search_index.js").read_text("utf-8").startswith("var __index = {")
    assert '<script src="assets/iframe-worker.js">' in (site / "index.html").read_text("utf-8")
    assert (site / "assets/iframe-worker.js").read_bytes() == _SHIM.read_bytes()


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
