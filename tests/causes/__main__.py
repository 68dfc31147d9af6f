"""`make causes`: the whole corpus, counted by where the texts come from; ends with 1 where an answer is wrong."""

import asyncio
import sys
from collections import Counter

from tests.causes.asking import answer
from tests.causes.corpus import Entry, corpus
from tests.causes.judging import Judgement, Verdict, judged

_GROUP, _FIGURE = 14, 8


async def _judge(entry: Entry) -> Judgement:
    try:
        return judged(entry, await answer(entry))
    except Exception as error:  # noqa: BLE001 - an answer that ends in an error is a wrong one
        return Judgement(Verdict.WRONG, f"it ended with {type(error).__name__}: {error}")


async def _all(entries: list[Entry]) -> int:
    counts: dict[str, Counter[Verdict]] = {}
    wrong = []
    for entry in entries:
        found = await _judge(entry)
        counts.setdefault(entry.group, Counter())[found.verdict] += 1
        if found.verdict is Verdict.WRONG:
            wrong.append(f"{entry.id} ({entry.source}): {found.why}")
    _show("", [verdict.value for verdict in Verdict])
    for group, its in counts.items():
        _show(group, [its[verdict] for verdict in Verdict])
    total = sum(counts.values(), Counter())
    _show("all", [total[verdict] for verdict in Verdict])
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


def _show(group: str, figures: list[object]) -> None:
    sys.stdout.write(f"{group:{_GROUP}}" + "".join(f"{figure:>{_FIGURE}}" for figure in figures) + "\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(_all(corpus())))
