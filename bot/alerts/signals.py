"""Wake-ups for the alert engine, made before it: those who change what it looks at ring without knowing it."""

from bot.runtime.wakeup import Wakeup


class AlertSignals:
    """`bell` rings when the engine has to look soon; it remembers whether the cluster changed since the last look."""

    def __init__(self) -> None:
        self.bell = Wakeup()
        self._cluster_changed = False

    def cluster_changed(self) -> None:
        """Have the watchers of the cluster look soon: something in Kubernetes is different now."""
        self._cluster_changed = True
        self.bell.ring()

    def take_cluster_changed(self) -> bool:
        """Return True if the cluster changed since this was last asked."""
        changed, self._cluster_changed = self._cluster_changed, False
        return changed
