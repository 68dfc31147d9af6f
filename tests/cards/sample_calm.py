"""Samples of restarts, announcements and freezes, made by their own commands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.alerts.card import card as alert_card
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.watchers import reflector
from bot.announcements.card import card as announcement_card
from bot.changes import replies
from cards.views import Plan, View
from commands.announcements import announce
from commands.announcements.banner import GUIDE
from commands.freezes import freeze, unfreeze
from commands.ports.announcements import Announcement
from commands.ports.freezes import Freeze
from commands.rollout import restart
from commands.servers.reflector import DeadReflector

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_UNTIL = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
_TOLD = Announcement("a-1", "Maintenance at 17:00: save your work", "Ada Admin", _NOW, _UNTIL, "template variable")
_FREEZE = Freeze("f-1", "exam week", "Ada Admin", "ada", _NOW, _UNTIL)
_DEAD = DeadReflector(_NOW - timedelta(minutes=4), ("grace.hopper@example.org",), ("emmy.noether@example.org",))
_BLIND = Alert("3f9a41c0", "reflector", reflector.judge(_DEAD)[0], AlertState.OPEN, _NOW, _NOW, told=_NOW, version=1)


def _asked(plan: Plan) -> Plan:
    return replace(plan, requester="Olu Operator")


_FREEZING = freeze.Freezing(
    "exam week",
    "fri 18:00",
    _UNTIL,
    "Europe/Berlin",
    waiting=2,
    running=("Deploy 7c1d2e9",),
    left_out=("/jhub scale 0 (Mon 2026-11-23 19:00 Europe/Berlin)",),
)
_ANNOUNCING = announce.Announcing(_TOLD.text, "19:00", "template variable", _UNTIL, conversations=2)

CALM: dict[str, View] = {
    "calm-restart-hub": _asked(restart.preview(restart.PartRestart("hub", "u", starting=3))),
    "calm-restart-proxy": _asked(restart.preview(restart.PartRestart("proxy", "u"))),
    "calm-reflector": alert_card(_BLIND, _NOW),
    "calm-announce": _asked(announce.preview(_ANNOUNCING)),
    "calm-announce-without-banner": _asked(
        announce.preview(
            replace(
                _ANNOUNCING, banner="", why=f"The hub’s pages do not show announcements yet: {GUIDE}", before="Hello"
            )
        )
    ),
    "calm-announcement": announcement_card(_TOLD),
    "calm-announcement-over": announcement_card(replace(_TOLD, ended=_NOW)),
    "calm-freeze": _asked(freeze.preview(_FREEZING)),
    "calm-frozen": replies.frozen("Deploy 7c1d2e9", _FREEZE, emergency=True),
    "calm-unfreeze": _asked(unfreeze.preview(unfreeze.Lifting("f-1", _FREEZE))),
}
