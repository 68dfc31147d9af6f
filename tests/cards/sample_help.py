"""What the bot shows to whoever asks what to type, or typed something else: made by its own code for real commands."""

from bot.changes.replies import invalid, refused
from bot.dispatch.hello import Greeting, hello
from cards.views import View
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.help.help import page
from tests.world import World

_WAY_IN = (
    "To get access, ask an owner of the group “jhub-operators” or an admin of the bot (a member of “jhub-admins”) to "
    "add you to that group."
)


def _help(about: str, level: Level) -> View:
    return page(about, World(level=level).reads)


def _wrong(line: str, level: Level) -> View:
    try:
        parse(line, catalogue())
    except UserError as error:
        return invalid(error, level)
    raise AssertionError(line)


HELP: dict[str, View] = {
    "hello-operator": hello(catalogue(), Level.OPERATOR, "", personal=False),
    "hello-viewer-alone": hello(catalogue(), Level.VIEWER, "", personal=True),
    "hello-nobody": hello(catalogue(), Level.ANYONE, _WAY_IN, personal=False),
    "thanks": hello(catalogue(), Level.APPROVER, "", personal=False, said=Greeting.THANKS),
    "help": _help("", Level.OPERATOR),
    "help-viewer": _help("", Level.VIEWER),
    "help-storage": _help("storage", Level.OPERATOR),
    "help-storage-viewer": _help("storage", Level.VIEWER),
    "help-releases": _help("releases", Level.OPERATOR),
    "help-storage-delete": _help("storage delete", Level.OPERATOR),
    "help-status": _help("command status", Level.VIEWER),
    "unknown-command": _wrong("/jhub stop mei.chen@example.org", Level.OPERATOR),
    "unknown-command-viewer": _wrong("/jhub stop mei.chen@example.org", Level.VIEWER),
    "half-a-command": _wrong("/jhub storage", Level.OPERATOR),
    "usage-error": _wrong("/jhub autoscale 1 5 users", Level.OPERATOR),
    "refused": refused("deploy", Level.OPERATOR, Level.VIEWER, _WAY_IN),
}
