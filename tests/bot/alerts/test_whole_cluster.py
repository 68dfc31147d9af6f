"""From a fault in the sandbox to its card and its end: real watches, watchers and engine; only minutes are driven."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.alerts.engine import Engine
from bot.alerts.finding import Severity
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts, Subscription
from bot.alerts.watchers import watchers
from bot.runtime.leases import Lease
from clients.hub import HubUser
from clients.kube import connect
from clients.kube.informer import CachedReader
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.kubernetes import events
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.faults import hub, image, node, pool, storage
from sandbox.server import Options, running
from tests.bot.people import Room
from tests.world import World, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
WATCHED = ("hub", "nodes", "servers", "storage")
SPACE = "jhub"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with running(Options(users=40, speed=20)) as started:
        yield started


class Watch:
    """An engine over the sandbox, whose minutes pass when the test says so; the hub itself always answers."""

    def __init__(self, box, picture, database):
        self.box, self.picture, self.room = box, picture, Room()
        self.ahead = timedelta(0)
        self.world = World()
        self.alerts = Alerts(database)
        self.engine = Engine(
            watchers=[one for one in watchers() if one.name in WATCHED],
            reads=self.reads,
            alerts=self.alerts,
            lease=Lease(database, "alerts", "bot-0"),
            delivery=Notifier(self.alerts, lambda _: self.room),
            now=self.now,
        )

    def now(self):
        return max(datetime.now(UTC), self.box.clock.now()) + self.ahead

    def reads(self):
        users = [
            HubUser(user.name, admin=user.admin, servers=(), last_activity=user.last_activity)
            for user in self.box.world.users.all()
        ]
        self.world.users = users
        return replace(self.world.reads, kube=self.picture, now=self.box.clock.now())

    async def until(self, title, within=240):
        """Let half minutes pass until some card says so."""
        async with asyncio.timeout(within):
            while not any(card.views[-1].title == title for card in self.room.cards):
                self.ahead += timedelta(seconds=30)
                self.engine._due.clear()
                await self.engine.look()
                await asyncio.sleep(0.1)
        return next(card.views[-1] for card in self.room.cards if card.views[-1].title == title)


@pytest_asyncio.fixture(loop_scope="module")
async def watch(box, database):
    connection = await connect(Path(box.ready["kubeconfig"]))
    picture = CachedReader(connection, SPACE)
    made = Watch(box, picture, database)
    await made.alerts.subscribe(Subscription("c", "room", Severity.NOTE, (), "Olu", made.now()))
    yield made
    await picture.close()
    await connection.close()


async def test_an_image_that_cannot_be_pulled_is_one_card_and_why_says_the_same(box, watch):
    names = image.begin(box.store, box.images, box.world.users)
    card = await watch.until("2 servers are not starting")
    assert "but not all of its layers" in card.text
    assert all(name in words(card) for name in names)
    answer = await why.run(why.Args(Upn.parse(names[0])), watch.reads())
    assert "but not all of its layers" in answer.text
    assert "/jhub images" in words(answer.buttons)
    assert "not all of its layers" in words(await events.run(events.Args(warnings=True), watch.reads()))
    image.heal(box.store, box.images, box.world.users)
    await watch.until("Resolved: 2 servers are not starting")


async def test_a_full_pool_is_one_card_with_a_button_for_one_node_more(box, watch):
    names = pool.begin_full(box.managed_cluster, box.world.users)
    card = await watch.until("Users are waiting: the node pool is at its maximum")
    assert all(name in words(card) for name in names)
    assert [one.views[-1].title for one in watch.room.cards] == [card.title]
    pool.heal(box.managed_cluster, box.world.users)
    await watch.until(f"Resolved: {card.title}")


async def test_a_silent_node_comes_and_goes(box, watch):
    name = node.begin(box.store)
    card = await watch.until(f"Node users {name.rpartition('-')[2]} is not ready")
    assert "Kubelet stopped posting node status" in card.text
    node.heal(box.store)
    await watch.until(f"Resolved: {card.title}")


async def test_homes_that_get_no_disk_are_one_card(box, watch):
    newcomers = [user for user in box.world.users.all() if not user.servers and not user.old_scheme][:4]
    for user in newcomers:
        for claim in user.claims.values():
            box.store.remove(r.PERSISTENT_VOLUME_CLAIM, SPACE, claim)
        user.claims.clear()
    names = storage.begin(box.store, box.world.users)
    card = await watch.until("2 homes are waiting for a disk")
    assert "quota is used up" in card.text
    answer = await why.run(why.Args(Upn.parse(names[0])), watch.reads())
    assert "quota is used up" in answer.text
    storage.heal(box.store, SPACE, box.world.users)
    # The claims stay, and wait for their next pod again.
    await watch.until("Resolved: 2 homes are waiting for a disk")


async def test_a_hub_that_crashes(box, watch):
    hub.begin(box.store, SPACE)
    card = await watch.until("hub is down")
    assert "Nobody can log in" in card.text
    hub.heal(box.store, SPACE)
    await watch.until("Resolved: hub is down")
