"""Stored values, a chart with a schema, and the world that they are in."""

from clients.helm import ChartFiles
from clients.values import parse
from commands.config import set as config_set
from commands.config import show as config_show
from commands.config.arguments import NewValue, SettablePath, ValuePath
from tests.world import Home, World

BOOLEAN = {"type": "boolean"}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "hub": {"type": "object"},
        "singleuser": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "memory": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"limit": {"type": ["string", "number", "null"]}, "guarantee": {"type": "string"}},
                },
                "image": {
                    "type": "object",
                    "properties": {"tag": {"type": "string"}, "pullPolicy": {"enum": ["Always", "Never"]}},
                },
                "cmd": {"type": ["array", "null"], "items": {"type": "string"}},
                "serviceAccountName": {"type": "string"},
            },
        },
        "cull": {"type": "object", "properties": {"enabled": BOOLEAN, "every": {"type": "integer", "minimum": 1}}},
    },
}
CHART = ChartFiles(
    "4.4.0", "5.5.0", {"cull": {"enabled": True, "every": 600}, "singleuser": {"memory": {"guarantee": "1G"}}}, SCHEMA
)
TEXT = """\
hub:
  config:
    AzureAdOAuthenticator: {}
singleuser:
  image: {name: jhub.azurecr.io/notebook, tag: 3f9a41c}
  memory:
    limit: 8G
  cmd: [jupyterhub-singleuser, --debug]
"""


def world(text=None, **more):
    """A hub whose values live in the release, or in a file with this text."""
    made = World(charts={"4.4.0": CHART}, **more)
    if text is not None:
        made.home = Home(made, dict(parse(text).values), text=text)
    return made


async def shown(made, path=""):
    return await config_show.run(config_show.Args(ValuePath.parse(path) if path else None), made.reads)


async def planned(made, path, value):
    return await config_set.plan(config_set.Args(SettablePath.parse(path), NewValue.parse(value)), made.reads)
