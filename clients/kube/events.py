"""Events: notes of the cluster's components about an object."""

from dataclasses import dataclass
from datetime import datetime

from clients.answers import Json, moment, number, part, text
from clients.kube.fields import said


@dataclass(frozen=True)
class Event:
    """A note about `kind`/`name`. `type` is "Normal" or "Warning"; seen `count` times from `first` to `last`.

    `uid` is the object's: another of that name may exist since. It is empty where the event has none.
    """

    type: str
    reason: str
    message: str
    kind: str
    name: str
    count: int
    first: datetime | None
    last: datetime | None
    uid: str = ""

    @classmethod
    def from_json(cls, event: Json) -> "Event":
        """Return an event from a v1 Event, written by the old or the new events API."""
        series, about = part(event, "series"), part(event, "involvedObject")
        created = moment(part(event, "metadata"), "creationTimestamp")
        noted = moment(event, "eventTime")
        return cls(
            type=text(event, "type"),
            reason=said(event, "reason"),
            message=said(event, "message"),
            kind=text(about, "kind"),
            name=text(about, "name"),
            uid=text(about, "uid"),
            count=number(series, "count") or number(event, "count") or 1,
            first=moment(event, "firstTimestamp") or noted or created,
            last=moment(series, "lastObservedTime") or moment(event, "lastTimestamp") or noted or created,
        )
