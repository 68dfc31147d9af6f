"""Draws every golden card with Microsoft's renderer, as Teams light and dark: `pictures.py OUTDIR`.

What the renderer lacks (charts, bars) is drawn by its fallback, as in older clients. The parser's complaints are
printed and make the exit status 1.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hosts
from markdown_it import MarkdownIt
from playwright.sync_api import Page, sync_playwright

Json = dict[str, Any]

_HERE = Path(__file__).parent
_RENDERER = _HERE.parents[1] / "node_modules" / "adaptivecards" / "dist"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_STYLE = """
body { margin: 0; padding: 16px; background: PAGE; color: TEXT; width: WIDTHpx;
  font: 14px "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
#card { background: CARD; border-radius: 4px; overflow: hidden; box-shadow: 0 1px 3px #0005; }
#card p { margin: 0; }
"""
# Returns the parser's complaints, one string each. Elements it does not know have a fallback (test_golden.py).
_DRAW = r"""
({card, config, html}) => {
  // As the renderer's own formatters have them, which come before Markdown (adaptivecards, text-formatters).
  const day = (at, form) => new Date(at).toLocaleDateString(
    undefined, {day: "numeric", weekday: form, month: form, year: "numeric"});
  const hour = at => new Date(at).toLocaleTimeString(undefined, {hour: "numeric", minute: "2-digit"});
  const told = text => text
    .replace(/\{\{DATE\(([^,)]+), SHORT\)\}\}/g, (_, at) => day(at, "short"))
    .replace(/\{\{TIME\(([^)]+)\)\}\}/g, (_, at) => hour(at));
  const drawnAs = Object.fromEntries(Object.entries(html).map(([text, its]) => [told(text), told(its)]));
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = drawnAs[text] ?? text; result.didProcess = text in drawnAs;
  };
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig(config);
  const context = new AdaptiveCards.SerializationContext();
  drawn.parse(card, context);
  document.getElementById("card").replaceChildren(drawn.render());
  return Array.from({length: context.eventCount}, (_, i) => context.getEventAt(i))
    .filter(event => event.event !== AdaptiveCards.ValidationEvent.UnknownElementType)
    .map(event => event.message);
}
"""


def main() -> int:
    """Draw all cards; the exit status is 1 when the renderer complained about one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=720, help="of the card, in pixels; a phone has about 360")
    parser.add_argument("--only", default="", help="cards whose name begins so")
    parser.add_argument("--zone", default="UTC", help="the time zone of whoever looks, such as America/New_York")
    parser.add_argument("--named", nargs="*", help="just these cards")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    complaints = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        for theme, host in (("light", hosts.light()), ("dark", hosts.dark())):
            page = browser.new_page(
                viewport={"width": asked.width + 32, "height": 400}, timezone_id=asked.zone, locale="en-US"
            )
            _prepare(page, host, asked.width)
            for path in _golden(asked.only, asked.named):
                for complaint in _draw(page, json.loads(path.read_text("utf-8")), host["config"]):
                    complaints += 1
                    print(f"{path.stem}: {complaint}", file=sys.stderr)  # noqa: T201 - a tool's output
                page.screenshot(path=asked.folder / f"{path.stem}-{theme}.png", full_page=True)
        browser.close()
    return 1 if complaints else 0


def _golden(only: str, named: list[str] | None) -> list[Path]:
    found = sorted((_HERE / "golden").glob(f"{only}*.json"))
    return found if named is None else [path for path in found if path.stem in named]


def _prepare(page: Page, host: Json, width: int) -> None:
    style = _STYLE.replace("PAGE", host["page"]).replace("CARD", host["card"]).replace("TEXT", host["text"])
    page.set_content(f"<style>{style.replace('WIDTH', str(width))}</style><div id='card'></div>")
    page.add_style_tag(path=_RENDERER / "adaptivecards.css")
    page.add_script_tag(path=_RENDERER / "adaptivecards.js")


def _draw(page: Page, card: Json, config: Json) -> list[str]:
    markdown = MarkdownIt("commonmark")
    html = {text: markdown.render(text) for text in _texts(card)}
    complaints: list[str] = page.evaluate(_DRAW, {"card": card, "config": config, "html": html})
    return complaints


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


if __name__ == "__main__":
    sys.exit(main())
