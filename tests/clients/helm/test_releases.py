"""Reading Helm's own records, good ones and bad ones."""

import base64
import gzip
import json
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from clients.errors import Unavailable
from clients.helm import BotMark, Chart, Releases, bot_labels, releases

CANARY = "canary-value-55aa"


@dataclass(frozen=True)
class Secret:
    labels: dict
    data: dict


def pack(record):
    return base64.b64encode(gzip.compress(json.dumps(record).encode()))


def record(revision, status="superseded", values=None):
    return {
        "name": "jhub",
        "namespace": "jhub",
        "version": revision,
        "info": {
            "status": status,
            "first_deployed": "2026-11-01T08:00:00.365038549Z",
            "last_deployed": "2026-11-02T09:00:00.5+01:00",
            "description": "Upgrade complete",
        },
        "chart": {
            "metadata": {"name": "jupyterhub", "version": "4.1.0", "appVersion": "5.2.1"},
            "values": {"singleuser": {"image": {"tag": "default", "name": "lab"}}},
        },
        "config": values or {},
        "manifest": f"password: {CANARY}",
    }


def secret(revision, status="superseded", values=None, data=None, **labels):
    named = {"owner": "helm", "name": "jhub", "version": str(revision), "status": status}
    return Secret({**named, **labels}, {"release": data or pack(record(revision, status, values))})


def reader(*secrets):
    async def find(selector):
        wanted = dict(part.split("=") for part in selector.split(","))
        return [one for one in secrets if wanted.items() <= one.labels.items()]

    return Releases("jhub", find)


async def test_a_record_is_read_whole():
    values = {"singleuser": {"image": {"tag": "7c1d2e9"}}}
    found = await reader(secret(3, "deployed", values)).current()
    assert (found.name, found.namespace, found.revision, found.status) == ("jhub", "jhub", 3, "deployed")
    assert found.chart == Chart("jupyterhub", "4.1.0", "5.2.1")
    assert found.last_deployed == datetime(2026, 11, 2, 8, 0, 0, 500000, tzinfo=UTC)
    assert found.description == "Upgrade complete"
    assert found.value("singleuser", "image", "tag") == "7c1d2e9"
    assert found.value("singleuser", "image", "name") == "lab"
    assert found.value("singleuser", "image", "tag", "deeper") is None


async def test_current_is_the_newest_by_number_and_deployed_is_what_lives():
    found = reader(secret(9, "deployed"), secret(10, "failed"), secret(2))
    assert (await found.current()).revision == 10
    assert (await found.deployed()).revision == 9
    assert [one.revision for one in await found.history(2)] == [10, 9]


async def test_no_release_is_no_error():
    assert await reader().current() is None
    assert await reader().deployed() is None
    assert await reader().history() == []


async def test_the_bots_mark_counts_only_on_the_revision_it_names():
    mark = bot_labels(3, "ada-object-id", "op-1")
    found = await reader(secret(3, **mark), secret(4, **mark), secret(5)).history()
    assert [one.by_bot for one in found] == [None, None, BotMark("ada-object-id", "op-1")]


@pytest.mark.parametrize(
    ("status", "pending"), [("pending-upgrade", True), ("pending-install", True), ("failed", False)]
)
async def test_pending(status, pending):
    assert (await reader(secret(1, status)).current()).is_pending is pending


async def test_neither_values_nor_manifest_show():
    found = await reader(secret(1, "deployed", {"hub": {"password": CANARY}})).current()
    assert CANARY not in repr(found)
    assert found.values["hub"]["password"] == CANARY
    assert CANARY in found.manifest


@pytest.mark.parametrize(
    "data",
    [
        b"%",
        base64.b64encode(b"no gzip"),
        base64.b64encode(gzip.compress(b"{")),
        pack([]),
        pack({"name": CANARY}),
        pack({**record(1), "version": "one"}),
        base64.b64encode(gzip.compress(json.dumps(record(1)).encode())[:-20]),
    ],
    ids=["no base64", "no gzip", "no JSON", "a list", "no revision", "a revision that is no number", "cut short"],
)
async def test_a_record_that_cannot_be_read_is_unavailable_and_not_quoted(data):
    with pytest.raises(Unavailable, match="revision 7 cannot be read") as caught:
        await reader(secret(7, data=data)).current()
    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_a_record_that_unpacks_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(releases, "LARGEST", 100_000)
    bomb = base64.b64encode(gzip.compress(json.dumps({**record(1), "manifest": "0" * 1_000_000}).encode()))
    with pytest.raises(Unavailable, match="cannot be read"):
        await reader(secret(1, data=bomb)).current()
