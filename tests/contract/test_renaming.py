"""A user under another name: what the real JupyterHub and KubeSpawner keep, and that the sandbox keeps the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.errors import NotFound, Rejected, Unavailable
from commands.kubernetes.claim_names import new_name
from commands.kubernetes.home_places import home_places
from tests.contract.hubs import GRACE, GROUP, LINUS, MAKER, STRANGER
from tests.contract.test_home_places import KUBECONFIG

OLD, NEW = "emmy.noether@example.org", "emmy.bauer@example.org"


@pytest.fixture
async def emmy(side):
    """Emmy, in a group, and gone afterwards by whichever name."""
    writer = side.writer()
    assert await writer.create_user(OLD) is True
    assert await writer.join_group(GROUP, OLD) is True
    yield writer
    for name in (OLD, NEW):
        await writer.delete_user(name)


async def test_a_renamed_user_keeps_the_groups_and_the_old_name_is_gone(side, emmy):
    assert await emmy.rename_user(OLD, NEW) == NEW
    assert (await side.reader().user(NEW)).groups == (GROUP,)
    with pytest.raises(NotFound):
        await side.reader().user(OLD)


async def test_names_become_lower_case(emmy):
    assert await emmy.rename_user(OLD, NEW.title()) == NEW


async def test_a_name_that_somebody_has_is_refused(side, emmy):
    with pytest.raises(Rejected, match="already exists"):
        await emmy.rename_user(OLD, LINUS)
    assert (await side.reader().user(OLD)).name == OLD


async def test_an_administrator_is_renamed_by_administrators_alone(side):
    with pytest.raises(Unavailable, match="403"):
        await side.writer().rename_user(GRACE, NEW)


async def test_who_is_not_there_is_not_renamed(side):
    with pytest.raises(NotFound):
        await side.writer().rename_user("nobody", NEW)


async def test_creating_and_deleting_again_changes_nothing(emmy):
    assert await emmy.create_user(OLD) is False
    assert await emmy.delete_user(OLD) is True
    assert await emmy.delete_user(OLD) is False


async def test_a_group_that_is_not_there_is_told(emmy):
    assert await emmy.join_group("nobodys", OLD) is False


async def test_the_scopes_of_the_token_are_told(side):
    assert {"admin:users", "delete:users", "groups", "list:users"} <= await side.reader().scopes()
    with pytest.raises(Unavailable, match="refused the bot's token"):
        await side.reader(STRANGER).scopes()


async def test_api_tokens_stay_with_a_record_that_is_renamed(real):
    writer = real.writer()
    await writer.create_user(OLD)
    try:
        status, made = await real.raw("POST", f"/hub/api/users/{OLD}/tokens", MAKER, json={})
        assert status == 201
        await writer.rename_user(OLD, NEW)
        _, who = await real.raw("GET", "/hub/api/user", made["token"])
        assert who["name"] == NEW
    finally:
        await writer.delete_user(OLD)
        await writer.delete_user(NEW)


@pytest.mark.parametrize(
    ("settings", "keeps_record", "claim"),
    [
        # What decides against `PATCH`: the claim that is mounted keeps the old name for ever.
        ({}, True, new_name(OLD)),
        ({}, False, new_name(NEW)),
        ({"remember_pvc_name": False}, True, new_name(NEW)),
    ],
    ids=["remembered", "a new record", "not remembered"],
)
def test_kubespawner_mounts_the_claim_that_it_remembers(tmp_path, settings, keeps_record, claim):
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    told = subprocess.run(
        [sys.executable, Path(__file__).with_name("kubespawner_memory.py")],
        input=json.dumps([[settings, OLD, NEW, keeps_record]]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "KUBECONFIG": str(file)},
    )
    assert json.loads(told.stdout) == [[claim]]
    values = {"hub": {"config": {"KubeSpawner": settings}}, "singleuser": {"storage": {"type": "dynamic"}}}
    assert home_places(values, 4).remembers is (not settings)
