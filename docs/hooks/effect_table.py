"""The tables of what a change may do and who has to agree to it; run as a script, it writes docs/permissions.md.

The page is committed, so that it can be read where the repository is; a test holds it to the declarations.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from bot.changes.approval_policy import agreed
from bot.config.access import EffectRules
from commands.framework.command import Change
from commands.framework.effects import Effect
from commands.framework.registry import catalogue
from commands.values.effects import watched

PAGE = Path(__file__).parents[1] / "permissions.md"
_BEGIN, _END = "<!-- the effects: written by docs/hooks/effect_table.py -->", "<!-- end of the effects -->"


def put(page: str) -> str:
    """Return the page with the present tables."""
    before, _, rest = page.partition(_BEGIN)
    return "\n".join([f"{before}{_BEGIN}", *_effects(), "", *_values(), f"\n{_END}{rest.partition(_END)[2]}"])


def _effects() -> Iterator[str]:
    yield "\n| Effect (`approvals.effects`) | Always | Where the plan has it | By default |\n|---|---|---|---|"
    for effect in Effect:
        always = [one.name for one in _changes() if effect in one.effects.always]
        may = [one.name for one in _changes() if effect in one.effects.may]
        yield f"| {effect.title}: `{effect.value}` | {_code(always)} | {_code(may)} | {agreed(effect, EffectRules())} |"


def _values() -> Iterator[str]:
    yield "| Effect | Values of the hub that have it, and all below them |\n|---|---|"
    for effect, paths in watched().items():
        yield f"| {effect.title} | {_code(paths)} |"


def _changes() -> list[Change]:
    return [one for one in catalogue() if isinstance(one, Change)]


def _code(names: "list[str] | tuple[str, ...]") -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


if __name__ == "__main__":
    PAGE.write_text(put(PAGE.read_text("utf-8")), "utf-8")
    sys.exit()
