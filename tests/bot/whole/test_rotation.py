"""The client secret rotated the whole way: the bot, the real helm, the sandbox's Entra; and the secret seen nowhere."""

import asyncio
import base64
import json
import logging
import os
import stat
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from clients.helm import Releases
from clients.kube import KubeReader, connect
from commands.login.settings import client_secret, login_settings
from tests import logged
from tests.helms import HELM

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]

PATH = ("hub", "config", "AzureAdOAuthenticator", "client_secret")


class Place:
    """A world with its bot, whose helm can be told to fail."""

    def __init__(self, world, folder, http, releases):
        self.world, self.folder, self.http, self.releases = world, folder, http, releases

    def fail(self, *upgrades):
        """Whatever begins with one of these words fails from now on."""
        for word in ("Rotate", "Restore"):
            (self.folder / word).unlink(missing_ok=True)
        for word in upgrades:
            (self.folder / word).touch()

    async def rotate(self):
        approver = Decider(self.world.person("approver"), "approve")
        before = set(self.world.teams.activities)
        outcome = await self.world.command(self.world.person("operator"), "/jhub auth rotate", approver)
        new = [card for key, card in self.world.teams.activities.items() if key not in before]
        return outcome, json.dumps(new, ensure_ascii=False)

    async def secrets(self):
        """Names and hints of the app's secrets, as Graph lists them."""
        ready = self.world.world.ready
        token = Path(str(ready["graph_token_file"])).read_text(encoding="utf-8")
        url = f"{ready['graph_url']}/v1.0/applications"
        async with self.http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            (app,) = (await response.json())["value"]
        return {one["displayName"].partition(" after ")[0]: one["hint"] for one in app["passwordCredentials"]}

    async def callback(self):
        """What the hub says to somebody whom Entra sends back: 500 where it has a secret that Entra does not take."""
        async with self.http.get(f"{self.world.world.ready['hub_url']}/hub/oauth_callback?code=made-up") as response:
            return response.status

    async def live(self):
        release = await self.releases.deployed()
        return release, client_secret(release, PATH)

    async def every_secret(self):
        return {client_secret(one, login_settings(one).secret_path) for one in await self.releases.history(50)} - {""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rotation")


@pytest.fixture(scope="module")
def helm(folder):
    """Helm, but what `Place.fail` names asks for an image that is not there: with real consequences."""
    script, real = folder / "helm", HELM
    script.write_text(
        f"""#!/bin/sh
for word in Rotate Restore; do
  case "$*" in *"--description=$word"*)
    if [ -e {folder}/$word ]; then
      exec {real} "$@" --timeout=4s --set=hub.image.name=jhub.azurecr.io/notebook,hub.image.tag=nosuch
    fi
  esac
done
exec {real} "$@"
""",
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(folder, helm):
    records = Records()
    with pytest.MonkeyPatch.context() as patch, logged.undone():
        # It would win over the setting.
        patch.delenv("JHUB_BOT_RELEASE__HELM", raising=False)
        logging.getLogger().addHandler(records)
        logging.getLogger().setLevel(logging.DEBUG)
        async with (
            trial([f"state_dir={folder}/state", f"release.helm={helm}"]) as world,
            aiohttp.ClientSession() as http,
        ):
            api = await connect(Path(str(world.world.ready["kubeconfig"])), None)
            kube = KubeReader(api, "jhub")
            made = Place(world, folder, http, Releases("jupyterhub", kube.secrets))
            made.records = records
            yield made
            await api.close()


class Records(logging.Handler):
    """Everything that is logged, at any level, as the text that it becomes."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record):
        self.lines.append(self.format(record))


async def test_a_failing_deploy_leaves_the_old_secret_working_and_says_so(place):
    (before, old), secrets = await place.live(), await place.secrets()
    place.fail("Rotate")
    outcome, said = await place.rotate()
    assert outcome is Outcome.FAILED
    assert "The login's secret was not rotated" in said
    assert "The new pods did not become ready in time." in said
    assert "is live with the old secret, which Entra accepts" in said
    after, now = await place.live()
    assert (now, after.revision) == (old, before.revision + 2), "put back by a revision of its own"
    assert await place.secrets() == secrets, "the new one is removed again"
    assert await place.callback() == 403


async def test_where_putting_back_fails_too_both_secrets_stay_and_the_card_is_true(place):
    (_, old), secrets = await place.live(), await place.secrets()
    place.fail("Rotate", "Restore")
    outcome, said = await place.rotate()
    assert outcome is Outcome.FAILED
    assert "Restoring the old one failed too" in said
    assert (await place.live())[1] == old
    (left,) = set(await place.secrets()) - set(secrets)
    assert left.startswith("jhub-bot ")
    assert f"{left}” exists in Entra" in said


async def test_typing_it_again_repairs_what_was_left_and_rotates(place):
    place.fail()
    assert await place.world.command(place.world.person("operator"), "/jhub rollback") is Outcome.DONE
    await _until_it_answers(place)
    _, old = await place.live()
    outcome, said = await place.rotate()
    assert outcome is Outcome.DONE, said
    assert "The login has a new secret" in said
    _, new = await place.live()
    assert new != old
    names = await place.secrets()
    assert len(names) == 2, "the new one and the one that had expired"
    assert "trial" in names
    assert "hub" not in names
    assert await place.callback() == 403, "the hub runs with a secret that Entra takes"


async def test_a_second_rotation_removes_the_first_ones_secret(place):
    first = set(await place.secrets())
    outcome, _ = await place.rotate()
    assert outcome is Outcome.DONE
    assert len(set(await place.secrets()) & first) == 1
    assert len(await place.secrets()) == 2


async def test_an_app_that_the_bot_does_not_own_is_left_alone(place):
    secrets, (before, _) = await place.secrets(), await place.live()
    url = f"{place.world.world.ready['graph_url']}/_sandbox/applications"
    await (await place.http.put(url, json={"owned": False})).release()
    try:
        outcome, said = await place.rotate()
    finally:
        await (await place.http.put(url, json={"owned": True})).release()
    assert outcome is Outcome.FAILED
    assert "to be an owner of the hub's app registration" in said
    assert await place.secrets() == secrets
    assert (await place.live())[0].revision == before.revision


async def test_a_deployment_keeps_the_rotated_secret(place):
    _, secret = await place.live()
    assert await place.world.command(place.world.person("operator"), "/jhub deploy 7c1d2e9") is Outcome.DONE
    assert (await place.live())[1] == secret


async def test_a_viewer_sees_how_people_log_in(place):
    outcome = await place.world.command(place.world.person("viewer"), "/jhub auth")
    assert outcome is Outcome.ANSWERED
    assert "People can log in." in json.dumps(list(place.world.teams.activities.values())[-1])


async def test_no_secret_is_anywhere_but_in_the_release(place):
    """In no activity, log line, entry of the trail, table of the bot's or of DBOS's; not in base64 either."""
    assert await place.world.command(place.world.person("approver"), "/jhub audit") is Outcome.ANSWERED
    secrets = await place.every_secret()
    assert len(secrets) >= 4
    secret_like = max(secrets)
    said = json.dumps(list(place.world.teams.activities.values()), ensure_ascii=False).encode()
    logged = "\n".join(place.records.lines).encode()
    kept = await asyncio.to_thread(_bytes_below, place.folder / "state")
    for content in (said, logged, kept):
        assert b"Rotate the login" in content or b"auth rotate" in content, "the right place is looked at"
    packed = base64.b64encode(b"x" + secret_like.encode() + b"yz")
    assert any(trace in packed for trace in _traces(secret_like)), "and it would be found"
    for secret in secrets:
        for trace in _traces(secret):
            for what, content in (("said", said), ("logged", logged), ("kept", kept)):
                assert trace not in content, what


def _bytes_below(folder):
    return b"\n".join((Path(root) / name).read_bytes() for root, _, names in os.walk(folder) for name in names)


def _traces(secret):
    """The secret, and what of it shows in base64 wherever it begins."""
    yield secret.encode()
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + secret.encode())
        yield packed[4 if shift else 0 : -4]


async def _until_it_answers(place):
    """The hub that was put back comes up by itself, also after helm has given up."""
    async with asyncio.timeout(240):
        while await place.callback() == 503:
            await asyncio.sleep(0.1)
