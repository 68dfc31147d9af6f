"""A change of the cluster has its watchers look at once, and the engine begin its next round soon."""

from dataclasses import replace

from bot.alerts.wakeup import EngineWakeup
from tests.bot.alerts.conftest import Watch


def test_a_change_of_the_cluster_is_taken_once():
    wakeup = EngineWakeup()
    wakeup.ring()
    assert wakeup.event.is_set()
    assert not wakeup.take_cluster_change()
    wakeup.cluster_changed()
    assert [wakeup.take_cluster_change() for _ in range(2)] == [True, False]


async def test_only_watchers_of_the_cluster_look_sooner_when_it_changes(database):
    watch, looked = Watch(database), []

    def noted(watcher):
        async def look(_):
            looked.append(watcher.name)
            return ()

        return replace(watcher, look=look, by_cluster=watcher.name == "pods")

    watch.engine._watchers = [noted(one) for one in watch.engine._watchers]
    await watch.engine.look()
    assert sorted(looked) == ["nodes", "pods"]
    await watch.engine.look()
    assert len(looked) == 2
    watch.engine.wakeup.cluster_changed()
    await watch.engine.look()
    assert looked[2:] == ["pods"]
