"""The figures this project promises, measured in one run on one machine: prints them and writes build/bench.json.

Each is compared with what people did before: the same questions by kubectl and helm one after another, the same
upgrade by bare helm. Absolute times depend on the machine; the ratios are what is promised.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from by_hand import deploy_by_hand, homes, nodes, status_by_hand
from evictions import evictions
from growing import growing
from hub_test import hub_test
from measuring import Figure
from person_cost import person_cost
from process import many, serving, stock, trying

_ROOT = Path(__file__).parents[1]
_OUTPUT = _ROOT / "build" / "bench.json"
_MEASURED: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "status": status_by_hand,
    "nodes": nodes,
    "deploy": deploy_by_hand,
    "serving": serving,
    "try": trying,
    "homes": homes,
    "many": many,
    "growing": growing,
    "turns": stock,
    "evictions": evictions,
    "test": hub_test,
    "person-cost": person_cost,
}


async def main() -> int:
    """Measure everything. Return 1 if a promise is broken, else 0."""
    wanted = sys.argv[1:] or list(_MEASURED)
    if unknown := set(wanted) - set(_MEASURED):
        raise SystemExit(f"there is no {', '.join(unknown)}; there is {', '.join(_MEASURED)}")
    figures = [figure for name in wanted for figure in await _MEASURED[name]()]
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    for figure in figures:
        mark = "holds" if figure.holds else "BROKEN"
        print(f"{figure.name:<58} {figure.ratio:8.2f} {figure.unit:<6} at most {figure.limit:g}  {mark}")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
