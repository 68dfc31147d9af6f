"""The trial of a server before people come."""

from types import SimpleNamespace

import pytest

from clients.errors import Unavailable
from commands.events import trial
from commands.events.trial import ServerTrial, try_server
from commands.hubtest.outcome import HubTestOutcome
from tests.commands.events.conftest import VALUES
from tests.world import release

PROFILES = [{"display_name": "Small, 4 GB"}, {"display_name": "Large", "slug": "xl"}, "odd"]


@pytest.fixture
def tried(monkeypatch, world):
    """What the hub's test is asked for, and its outcome."""
    world.releases = [release(values={"singleuser": {**VALUES["singleuser"], "profileList": PROFILES}})]
    seen = SimpleNamespace(profile=None, outcome=HubTestOutcome((), 41.0))

    async def run(test, _do):
        seen.profile = test.profile
        if isinstance(seen.outcome, Exception):
            raise seen.outcome
        return seen.outcome

    monkeypatch.setattr(trial, "run_test", run)
    return seen


@pytest.mark.parametrize(("title", "slug"), [("", ""), ("small, 4 GB", "small-4-gb"), ("Large", "xl")])
async def test_the_profile_goes_by_the_slug_that_the_hub_knows_it_by(do, tried, title, slug):
    assert await try_server(title, do) == ServerTrial("A test server started in 41 s, and a notebook in it works.")
    assert tried.profile == slug


async def test_one_that_fails(do, tried):
    tried.outcome = HubTestOutcome((), failed="Start the server", cause="No node takes it.", left="A claim is left.")
    found = await try_server("", do)
    assert found.failed
    assert found.words == "A test server failed: “Start the server” did not succeed. No node takes it. A claim is left."


async def test_one_that_cannot_be_made_is_no_failure_of_the_hub(do, tried):
    tried.outcome = Unavailable("The hub", "did not answer")
    assert await try_server("", do) == ServerTrial("No server was tried: The hub did not answer", made=False)
    assert "has no profile “Huge”" in (await try_server("Huge", do)).words
