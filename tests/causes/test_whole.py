"""The texts that people meet most, through the whole bot: typed in Teams, read from an API server, answered by a card.

Each card looks as it looked when somebody last read it aloud, but for how long ago things were. `UPDATE_GOLDEN=1 pytest
tests/causes/test_whole.py` writes the files anew; look at the difference, and read it.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from cards import text
from tests.cards.schema import problems
from tests.causes.asking import ADA, event_stage, hub_stage, pod_stage
from tests.causes.cluster import Cluster
from tests.causes.corpus import MOST_MET, MOST_MET_OF_NODES, corpus
from tests.causes.judging import Verdict, judged

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

_GOLDEN = Path(__file__).parent / "golden"
_WHY = f"/jhub why {ADA}"
_ASKED = dict.fromkeys(MOST_MET, _WHY) | dict.fromkeys(MOST_MET_OF_NODES, "/jhub nodes")
_ENTRIES = {one.id: one for one in corpus()}
_STAGES = {"event": event_stage, "pod": pod_stage, "hub": lambda entry: hub_stage(entry, datetime.now(UTC))}
# How long ago something was, for how long it has been so, and when a card was made.
_AGES = re.compile(r"\b(?:\d+ (?:s|min|h) )+(?=ago\b)|(?<=\bfor )\d+ (?:s|min|h)\b|\b[\d-]{10} [\d:]{5}(?= UTC)")
# So wide that no age breaks a line.
_WIDTH = 2_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(tmp_path_factory):
    """A bot whose cluster shows what a test wants, the views that it says, and the activities that it sends."""
    cluster, views, sent = Cluster("jhub"), [], []
    kubeconfig = tmp_path_factory.mktemp("texts") / "kubeconfig"
    async with (
        cluster.serving(kubeconfig),
        trial(
            [f"kubernetes.kubeconfig={kubeconfig}", f"kubernetes.namespace={cluster.namespace}"],
            on_view=lambda said, view: views.append((said, view)),
            on_activity=lambda _operation, activity: sent.append(activity),
        ) as started,
    ):
        cluster.names = {ADA: await _somebody(started.world.ready)}
        yield started, cluster, views, sent


async def _somebody(ready) -> str:
    """Return a user of the sandbox's hub whose server does not run: ada's part is theirs."""
    token = Path(str(ready["hub_token_file"])).read_text("utf-8").strip()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {token}"}) as session,
        session.get(f"{ready['hub_url']}/hub/api/users") as answer,
    ):
        return next(one["name"] for one in await answer.json() if not one["servers"])


@pytest.mark.parametrize("name", _ASKED)
async def test_the_card_is_the_golden_one(heard, name):
    started, cluster, views, sent = heard
    entry = _ENTRIES[name]
    cluster.show(_STAGES[entry.kind](entry))
    views.clear()
    sent.clear()
    line = _ASKED[name].replace(ADA, cluster.names[ADA])
    assert await started.command(started.person("operator"), line) is not Outcome.BUG
    card = next(view for _, view in reversed(views) if not view.title.startswith("Working on it"))
    said = " ".join((getattr(card, "text", ""), *getattr(card, "problems", ())))
    assert judged(entry, {_ASKED[name]: said}).verdict is not Verdict.WRONG
    assert [problems(one["content"]) for activity in sent[-1:] for one in activity["attachments"]] == [[]]
    _compare(f"{name}.txt", _AGES.sub("… ", f"{text.render(card, _WIDTH)}\n"))


def _compare(name: str, now: str) -> None:
    path = _GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, "utf-8")
    assert now == path.read_text("utf-8")
