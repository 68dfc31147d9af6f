"""Cards about full homes, made by the code that makes them, of a hub with full, nearly full and unmeasured ones."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta

from bot.alerts.card import card
from bot.alerts.finding import Finding
from bot.alerts.grouping import grouped
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.watchers import volumes
from cards.views import View
from clients.kube import Crash
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.storage import list as storage_list
from commands.storage import show as storage_show
from tests.world import NOW, World, home, node, server, unready, user
from tests.world.prometheus import GIB, PrometheusReads, usage

_ADA, _FREIA = "ada.lovelace@example.org", "anna-katharina.freifrau.von-droste-huelshoff@example.org"
_OTHERS = tuple(f"{name}@example.org" for name in ("alex.wilber", "björn.hopper", "erik.gone", "mei.chen"))
_NAMES = (_ADA, _FREIA, *_OTHERS)
_CLAIMS = [home(name) for name in _NAMES]
_DATABASE = home("", "hub-db-dir", component="hub", size=GIB)
_KNOWN = [
    usage(_CLAIMS[0].name, 100),
    usage(_CLAIMS[1].name, 100, mounted=False, seen=NOW - timedelta(days=3)),
    usage(_CLAIMS[2].name, 96.4),
    usage(_CLAIMS[3].name, 20, files=640_000),
    usage(_CLAIMS[4].name, 41, mounted=False, seen=NOW - timedelta(hours=5)),
    replace(usage("hub-db-dir", 93), used=int(0.93 * GIB), free=int(0.07 * GIB), capacity=GIB),
]
_NO_ROOM = Crash("notebook", "Error", 1, "OSError: [Errno 28] No space left on device: '/home/jovyan/.local'")


def _world(*, crashed: bool = False) -> World:
    state = unready(phase="Running", crash=_NO_ROOM, restarts=3) if crashed else {}
    ada = replace(server(_ADA, **state), claims=(_CLAIMS[0].name,))
    return World(
        claims=[*_CLAIMS, _DATABASE],
        users=[user(_ADA, not crashed), *(user(name) for name in _NAMES if name != "erik.gone@example.org")][:6],
        pods=[ada],
        nodes=[node("aks-users-31415926-vmss000001", "users")],
        prometheus=PrometheusReads(_KNOWN),
    )


def _shown(asked: Coroutine[object, object, View]) -> View:
    return asyncio.run(asked)


def _alerts() -> dict[str, View]:
    found = asyncio.run(volumes.look(_world().reads))
    return {f"alert-{finding.key.replace(' ', '-')}": _alert(finding) for finding in grouped(found)}


def _alert(finding: Finding) -> View:
    since = NOW - timedelta(minutes=12)
    return card(Alert("a97237d8c0ffee00", "volumes", finding, AlertState.OPEN, since, NOW, since), NOW)


FULLNESS: dict[str, View] = {
    "storage-list-full": _shown(storage_list.run(storage_list.Args(full=True), _world().reads)),
    "storage-show-full": _shown(storage_show.run(storage_show.Args(Upn(_ADA)), _world().reads)),
    "why-full-home-running": _shown(why.run(why.Args(Upn(_ADA)), _world().reads)),
    "why-full-home-crashed": _shown(why.run(why.Args(Upn(_ADA)), _world(crashed=True).reads)),
    **_alerts(),
}
