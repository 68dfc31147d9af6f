"""The expiry of events: they are removed when they have not been repeated for their lifetime."""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import moment
from sandbox.apiserver.objects.resource_kinds import EVENT, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import LIFETIME


class EventExpiry(Controller):
    """The controller that removes every expired event, whoever wrote it."""

    kinds: ClassVar[tuple[Kind, ...]] = (EVENT,)

    def notice(self, change: Change) -> None:
        """Schedule the expiry of a new event; a repeated one is found to be younger then, and scheduled again."""
        if change.type == "ADDED":
            metadata = change.obj["metadata"]
            self.wake_later(metadata["namespace"], metadata["name"], self._left(change.obj))

    def reconcile(self, namespace: str, name: str) -> None:
        """Remove the event, or come again later."""
        event = self.store.find(EVENT, namespace, name)
        if event is None:
            return
        left = self._left(event)
        if left > 0:
            self.wake_later(namespace, name, left)
        else:
            self.store.remove(EVENT, namespace, name)

    def _left(self, event: Json) -> float:
        last_seen = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
        return LIFETIME - (self.now() - moment(str(last_seen))).total_seconds()
