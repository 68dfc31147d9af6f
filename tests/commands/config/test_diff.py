"""`/jhub config diff`: two revisions, and what is stored against what is live."""

from dataclasses import replace

import pytest

from cards.views import Tone
from commands.config import diff as config_diff
from commands.framework.errors import UserError
from commands.release.arguments import RevisionNumber
from tests.commands.config.stored_values import TEXT, world
from tests.world import SECRET, release, words


def two_revisions():
    old = replace(
        release(2, "1d0c5ab", "superseded"),
        values={
            "singleuser": {"image": {"tag": "1d0c5ab"}},
            "hub": {"config": {"A": {"client_secret": "old-secret-value"}}},
        },
    )
    return [release(), old]


async def test_a_diff_tells_values_and_only_that_secrets_differ():
    found = await config_diff.run(config_diff.Args(RevisionNumber.parse("2")), world(releases=two_revisions()).reads)
    said = words(found)
    assert "1d0c5ab" in said
    assert "3f9a41c" in said
    assert "hub.config.A.client_secret" in said
    assert SECRET not in said
    assert "old-secret-value" not in said


@pytest.mark.parametrize(("number", "why"), [("1", "no revision 1; it keeps 2 to 3"), ("3", "is the live one")])
async def test_a_revision_that_is_gone_or_live_is_refused_with_those_there_are(number, why):
    with pytest.raises(UserError, match=why):
        await config_diff.run(config_diff.Args(RevisionNumber.parse(number)), world(releases=two_revisions()).reads)


async def test_what_is_written_and_not_live_is_told():
    drifted = world(TEXT.replace("8G", "6G"))
    found = await config_diff.run(config_diff.Args(), drifted.reads)
    assert "Stored in config.yaml, not live" in words(found)
    assert "singleuser.memory.limit" in words(found)
    assert "client_secret" not in words(found)
    assert [button.data[0][1] for button in found.buttons] == ["/jhub deploy"]


async def test_no_drift_is_good_news():
    values = release().values
    made = world("")
    made.home.values = {**values, "hub": {"config": {"AzureAdOAuthenticator": {}}}}
    found = await config_diff.run(config_diff.Args(), made.reads)
    assert found.tone is Tone.GOOD


async def test_in_the_release_there_is_nothing_else_to_compare_with():
    with pytest.raises(UserError, match="Name a revision"):
        await config_diff.run(config_diff.Args(), world().reads)
