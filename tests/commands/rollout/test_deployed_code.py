"""Code in a values' file: who decides about a deployment reads it, and what is gone from the file goes from the hub."""

from cards.text import render
from clients.helm import Rendered
from clients.values import parse
from commands.rollout import deploy
from tests.world import SECRET, Home, World, release
from tests.world.manifests import Hub

# 2i2c's common-canvas values: code under the name of a token.
FILE = """\
hub:
  extraConfig:
    00-refresh-token: |
      def hook(authenticator, auth_state):
          return auth_state
      c.Authenticator.client_secret = "hunter2hunter2"
  config:
    AzureAdOAuthenticator: {}
"""
GONE = "hub:\n  config:\n    AzureAdOAuthenticator: {}\n"


def world(text, live):
    values = {**parse(live).values}
    values["hub"] = {**values["hub"], "config": {"AzureAdOAuthenticator": {"client_secret": SECRET}}}
    made = World(
        releases=[release(3, manifest=Hub().live, values=values)],
        renders=lambda *, version, **_: Rendered("jupyterhub", version, "5.5.0", Hub().text),
    )
    made.home = Home(made, dict(parse(text).values), text=text)
    return made


async def test_code_is_shown_to_who_decides_with_its_secret_hidden():
    plan = await deploy.plan(deploy.Args(), world(FILE, GONE).reads)
    shown = render(deploy.preview(plan))
    for line in ("+def hook(authenticator, auth_state):", "+    return auth_state", 'client_secret = "[hidden]"'):
        assert line in shown
    assert "code of 3 lines, below" in shown
    assert "hunter2" not in shown + repr(plan)


async def test_what_is_gone_from_the_file_goes_from_the_hub_and_the_secret_stays():
    plan = await deploy.plan(deploy.Args(), world(GONE, FILE).reads)
    assert [(one.path, one.after) for one in plan.values] == [("hub.extraConfig.00-refresh-token", "–")]
    assert "-def hook(authenticator, auth_state):" in render(deploy.preview(plan))
    assert SECRET not in repr(plan)
