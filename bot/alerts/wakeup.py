"""Wake-up of the alert engine, built before it and handed to whatever gives it a reason to look sooner."""

import asyncio


class EngineWakeup:
    """Reasons for the next round of watching to begin soon: an alert's card must change, or the cluster has changed."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._cluster_changed = False

    def ring(self) -> None:
        """Have the next round begin soon."""
        self.event.set()

    def cluster_changed(self) -> None:
        """Have the watchers of the cluster look soon, because something in Kubernetes has changed."""
        self._cluster_changed = True
        self.event.set()

    def take_cluster_change(self) -> bool:
        """Return True if the cluster has changed since the last call."""
        changed, self._cluster_changed = self._cluster_changed, False
        return changed
