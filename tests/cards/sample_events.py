"""Events: the plan of one, what is said of it the day before, its opening and its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cards.times import minute, timed
from cards.views import Button, ButtonStyle, Cell, Fact, Facts, Notice, Status, Table, Tone, View
from commands.events.check import verdict
from commands.events.event_plan import EventPlan, preview
from commands.events.list import COLUMNS
from commands.events.opening import RaisedPool
from commands.events.outlook import Outlook
from commands.events.sizing import Need
from commands.events.start import Opening, conclude
from commands.events.trial import ServerTrial
from commands.images.pull import Pulled
from commands.nodes.quota import QuotaRoom
from commands.ports.events import PlannedEvent

_YES = (
    Button("Add the event", "confirm", (("id", "3f9a41c07c1d2e90"),), ButtonStyle.POSITIVE),
    Button("Cancel", "dismiss", (("id", "3f9a41c07c1d2e90"),)),
)
_STARTS = datetime(2026, 12, 3, 8, tzinfo=UTC)
_WHEN = "Thu 2026-12-03 09:00–11:00 Europe/Berlin"
_EVENT = PlannedEvent(
    "Intro to Python", _STARTS, _STARTS + timedelta(hours=2), _STARTS - timedelta(minutes=45), 120, "Small", "users", 9
)
_PLAN = EventPlan(
    name="Intro to Python",
    starts="2026-12-03T08:00:00+00:00",
    ends="2026-12-03T10:00:00+00:00",
    people=120,
    profile="Small",
    pool="users",
    opens="2026-12-03T07:15:00+00:00",
    checked="2026-12-02T08:00:00+00:00",
    shown=(_WHEN, "Thu 2026-12-03 08:15 Europe/Berlin", "Wed 2026-12-02 09:00 Europe/Berlin"),
    size="Standard_E8s_v5",
    before="autoscaler 1–5",
    during="autoscaler 9–9",
    now=3,
    need=Need(9, 16, "the number of disks"),
    costs="at most 22 h, 11.00 EUR of nodes more than otherwise",
    beside=("Physics for beginners: 60 people, Thu 2026-12-03 10:00 Europe/Berlin",),
    notices=("9 nodes are more than the pool’s maximum of 5: it is raised for that time.",),
    room=QuotaRoom("32 of 200 Total Regional vCPUs in use; this may need 48 more"),
)
_FACTS = (
    Fact("Pool", "users: autoscaler 1–5, 3 nodes now", Tone.GOOD),
    Fact("Nodes", "9 needed, by what runs now; the pool’s own setting is “autoscaler 1–5”", Tone.GOOD),
    Fact("Quota", "32 of 200 Total Regional vCPUs in use; this may need 48 more", Tone.GOOD),
    Fact("Image", "jhub.azurecr.io/notebook:3f9a41c, in the registry", Tone.GOOD),
    Fact("Hub", "JupyterHub 5.5.0, all of it runs", Tone.GOOD),
    Fact("Certificate", timed("valid until ", minute(datetime(2027, 2, 4, 11, 43, tzinfo=UTC))), Tone.GOOD),
)
_SMALL = replace(_FACTS[2], value="160 of 200 Total Regional vCPUs in use; this may need 48 more", tone=Tone.BAD)
_TOO_SMALL = (
    "The quota has room for 5 more nodes, not 6: the pool will not grow further. Have “Total Regional vCPUs” in "
    "westeurope raised first (Azure portal, Quotas)."
)
_SOON = "It starts in 10 min: Azure takes minutes for nodes, and they take some for the image, so not all may be ready."
_UNKNOWN = Fact("Certificate", "not known", Tone.WARNING)
_OPENING = Opening(
    "Intro to Python", "users", "Small", "autoscaler 1–5", "autoscaler 9–9", "Thu 2026-12-03 09:00 Europe/Berlin"
)
_NODES = tuple(f"aks-users-31415926-vmss00000{number}" for number in range(9))

EVENTS: dict[str, View] = {
    "event-plan": replace(preview(_PLAN), requester="Alex Wilber", buttons=_YES),
    "event-plan-soon": replace(
        preview(
            replace(
                _PLAN,
                checked="",
                beside=(),
                notices=(_SOON,),
                room=QuotaRoom(_SMALL.value, _TOO_SMALL),
                need=Need(
                    9,
                    16,
                    "the number of disks",
                    ("users has no node now: what a Standard_E8s_v5 leaves for servers is AKS’ rule.",),
                ),
                costs="at most 22 h of nodes more than otherwise; no price is configured for them (cost.prices)",
            )
        ),
        requester="Alex Wilber",
        buttons=_YES,
    ),
    "event-check": verdict(_EVENT, _WHEN, Outlook(_FACTS, (), ())),
    "event-check-bad": verdict(_EVENT, _WHEN, Outlook((*_FACTS[:2], _SMALL, *_FACTS[3:]), (_TOO_SMALL,), ())),
    "event-check-unknown": verdict(
        _EVENT,
        _WHEN,
        Outlook((*_FACTS[:5], _UNKNOWN), (), ("Certificate: the public address did not answer within 5 s.",)),
    ),
    "event-started": conclude(
        _OPENING,
        RaisedPool("", "autoscaler 9–9", 9, ""),
        9,
        Pulled(_NODES),
        ServerTrial("A test server started in 41 s, and a notebook in it works."),
    ),
    "event-started-short": conclude(
        _OPENING,
        RaisedPool(
            "",
            "autoscaler 8–8",
            8,
            "It takes 9 nodes, and Azure’s quota allows no more than 8: have it raised (Azure portal, Quotas).",
        ),
        8,
        Pulled(_NODES[:7], ("aks-users-31415926-vmss000007: pulling",)),
        ServerTrial("A test server did not start: it waits for a node.", failed=True),
    ),
    "event-list": Status(
        "Events",
        "2 events, in the time zone Europe/Berlin",
        Tone.WARNING,
        ("“Exam” is over, and its pool is not set back yet.",),
        (
            Table(
                COLUMNS,
                (
                    (
                        Cell("Exam"),
                        Cell("Tue 2026-12-01 09:00–11:00"),
                        Cell("80"),
                        Cell("6 nodes of users"),
                        Cell("Alex Wilber"),
                        Cell("over, not put back yet", Tone.WARNING),
                    ),
                    (
                        Cell("Intro to Python"),
                        Cell("Thu 2026-12-03 09:00–11:00"),
                        Cell("120"),
                        Cell("9 nodes of users"),
                        Cell("Alex Wilber"),
                        Cell("in 45 h 16 min"),
                    ),
                ),
            ),
        ),
        "2026-12-01 11:43 UTC",
    ),
    "event-shrinks": Notice(
        "The pool users becomes smaller by itself after “Intro to Python”",
        "It has more nodes than its own maximum, and Azure would take some that people work on. So its maximum stays "
        "until those without servers have gone.",
        Tone.NOTE,
        (
            Facts(
                (
                    Fact("Pool", "users: autoscaler 1–9"),
                    Fact(
                        "Set back",
                        "to “autoscaler 1–5” at Thu 2026-12-03 11:30 Europe/Berlin, "
                        "or every 30 min from then on until enough nodes have gone",
                    ),
                    Fact("Event", "over; taken off the list once the pool is set back"),
                )
            ),
        ),
    ),
}
