"""App management policies: what they say of a new client secret, and Graph's refusals where they were not read."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.entra.secret_policy import SecretPolicy, duration, secret_policy
from clients.errors import Rejected, Unavailable
from sandbox.entra.applications import CLIENT_ID
from tests.clients.entra.test_applications import graph  # noqa: F401 - a fixture

CREATED = datetime(2025, 6, 1, tzinfo=UTC)
LATER, EARLIER = "2026-01-01T00:00:00Z", "2019-01-01T00:00:00Z"
BAN = {"restrictionType": "passwordAddition", "maxLifetime": None, "restrictForAppsCreatedAfterDateTime": EARLIER}
CAP = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D", "restrictForAppsCreatedAfterDateTime": EARLIER}
EXCUSED = {"excludeActors": {"customSecurityAttributes": []}}
HUBS = "the policy “Hubs”"
NAME = "the tenant’s default policy"


def tenant(*restrictions, on=True):
    return {"isEnabled": on, "applicationRestrictions": {"passwordCredentials": list(restrictions)}}


def own(*restrictions, on=True):
    return [{"displayName": "Hubs", "isEnabled": on, "restrictions": {"passwordCredentials": list(restrictions)}}]


@pytest.mark.parametrize(
    ("given", "of_app", "created", "found"),
    [
        (tenant(), [], CREATED, SecretPolicy()),
        (tenant(BAN, on=False), [], CREATED, SecretPolicy()),
        (tenant(BAN), [], CREATED, SecretPolicy(True, None, True, NAME)),
        (tenant(CAP), [], CREATED, SecretPolicy(False, timedelta(days=90), True, NAME)),
        (tenant(BAN | {"restrictForAppsCreatedAfterDateTime": LATER}), [], CREATED, SecretPolicy()),
        (tenant(BAN | {"restrictForAppsCreatedAfterDateTime": None}), [], None, SecretPolicy(True, None, True, NAME)),
        (tenant(BAN), [], None, SecretPolicy(True, None, False, NAME)),
        (tenant(BAN | {"state": "disabled"}), [], CREATED, SecretPolicy()),
        (
            tenant(BAN | {"excludeActors": {"customSecurityAttributes": []}}),
            [],
            CREATED,
            SecretPolicy(True, None, False, NAME),
        ),
        (tenant(), own(CAP), CREATED, SecretPolicy(False, timedelta(days=90), True, HUBS)),
        (tenant(BAN), own(BAN | {"state": "disabled"}), CREATED, SecretPolicy()),
        (
            tenant(CAP),
            own(CAP | {"maxLifetime": "P365D"}),
            CREATED,
            SecretPolicy(False, timedelta(days=365), True, HUBS),
        ),
        # Not certain: does the app inherit what its own policy does not speak of?
        (tenant(BAN), own(CAP), CREATED, SecretPolicy(True, timedelta(days=90), False, NAME)),
    ],
)
def test_what_policies_say(given, of_app, created, found):
    assert secret_policy(given, of_app, created) == found


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("P90D", timedelta(days=90)),
        ("P4DT12H30M5S", timedelta(days=4, hours=12, minutes=30, seconds=5)),
        ("P1Y6M", timedelta(days=545)),
        ("PT36H", timedelta(hours=36)),
        ("P2W", timedelta(days=14)),
        ("", None),
        ("P", None),
        ("-P1D", None),
        ("P9999999D", None),
        ("90 days", None),
    ],
)
def test_durations(written, length):
    assert duration(written) == length


async def test_policies_are_read_for_the_hubs_app_and_refused_where_they_may_not_be(graph):  # noqa: F811
    with pytest.raises(Unavailable, match=r"Policy\.Read\.All"):
        await graph.client.secret_policy(CLIENT_ID)
    graph.apps.policies_readable = True
    assert await graph.client.secret_policy(CLIENT_ID) == SecretPolicy()
    graph.apps.policy = tenant(CAP)
    graph.app.created = CREATED
    assert (await graph.client.secret_policy(CLIENT_ID)).longest == timedelta(days=90)


@pytest.mark.parametrize(
    ("policy", "said"), [(tenant(BAN), "have it exempted"), (tenant(CAP), "allows only shorter ones")]
)
async def test_a_refusal_by_policy_says_what_helps_and_asks_for_no_permission(graph, policy, said):  # noqa: F811
    graph.apps.policy = policy
    with pytest.raises(Rejected, match=said) as refused:
        await graph.client.add_secret(CLIENT_ID, "jhub-bot op-9", timedelta(days=180))
    assert "OwnedBy" not in str(refused.value)
