"""Starts that leave no pod and no event: what the hub's log tells of them, to who asks and to all."""

import json
from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import starts
from cards.views import Tone
from clients.errors import Unavailable
from clients.kube import LimitRange
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.kubernetes.claim_names import new_name
from commands.kubernetes.problem import Cause
from commands.servers.refused_starts import refused_starts
from commands.text.redaction import MARK
from tests.world import NOW, SECRET, home, pod, user, words
from tests.world.container_logs import Talking
from tests.world.events import MEMORY, event

ADA = "ada@example.org"
POD = new_name(ADA).replace("claim-", "jupyter-", 1)
HUB = pod("hub-1", "hub", container_names=("hub",))
QUOTA = 'pods "jupyter-ada" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=20, limited: pods=20'


def refused(who, said, minutes=2.0, status=403):
    """What the hub writes, as a node stamps it: the record, and below it what Kubernetes answered."""
    when = NOW - timedelta(minutes=minutes)
    body = json.dumps({"kind": "Status", "status": "Failure", "message": said, "code": status})
    lines = (
        f"[E {when:%Y-%m-%d %H:%M:%S}.000 JupyterHub user:1012] Unhandled error starting {who}'s server: ({status})",
        "    Reason: Forbidden",
        "    HTTP response headers: <CIMultiDictProxy('Content-Type': 'application/json')>",
        f"    HTTP response body: {body}",
        "    Traceback (most recent call last):",
        f"[E {when:%Y-%m-%d %H:%M:%S}.100 JupyterHub pages:360] Error starting server {who}: ({status})",
    )
    return [f"{when:%Y-%m-%dT%H:%M:%S.%f}Z {line}" for line in lines]


def said(text, minutes=1.0):
    when = NOW - timedelta(minutes=minutes)
    return [f"{when:%Y-%m-%dT%H:%M:%S.%f}Z [I {when:%Y-%m-%d %H:%M:%S}.000 JupyterHub {text}"]


def world(*records, **more):
    lines = [line for record in records for line in record]
    made = Talking(pods=[HUB], logs={("hub-1", "hub"): lines}, **more)
    made.users, made.claims = [user(ADA)], [home(ADA)]
    return made


async def found(*records, within=timedelta(hours=1)):
    return await refused_starts(world(*records).reads, within)


async def asked(its):
    return await why.run(why.Args(Upn.parse(ADA)), its.reads)


@pytest.mark.parametrize(
    ("answer", "says", "cause"),
    [
        (QUOTA, "quota compute is used up", Cause.QUOTA),
        (
            (
                'pods "jupyter-ada" is forbidden: exceeded quota: team-a, requested: limits.memory=4Gi, '
                "used: limits.memory=30Gi, limited: limits.memory=32Gi"
            ),
            "quota team-a is used up (limits.memory=4Gi was requested)",
            Cause.QUOTA,
        ),
        (
            'pods "jupyter-ada" is forbidden: maximum memory usage per Container is 2Gi, but limit is 8Gi',
            "maximum memory usage per Container is 2Gi",
            Cause.POLICY,
        ),
        (
            'pods "jupyter-ada" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            "pod security level restricted:latest refuses it",
            Cause.POLICY,
        ),
        (
            (
                'Pod "jupyter-ada" is invalid: spec.containers[0].resources.requests: Invalid value: "8Gi": must be '
                "less than or equal to memory limit of 4Gi"
            ),
            "must be less than or equal to memory limit",
            Cause.OTHER,
        ),
    ],
)
async def test_why_says_what_refused_it_in_whose_words(answer, says, cause):
    [one] = await found(refused(ADA, answer))
    assert (one.user, one.trouble.cause) == (ADA, cause)
    card = await asked(world(refused(ADA, answer)))
    assert card.tone is Tone.BAD
    assert "Their last start failed 2 min ago. " in card.text
    assert says in card.text
    assert "can simply start one" not in words(card)


async def test_a_refusal_without_words_is_not_guessed():
    record = [line for line in refused(ADA, "x") if "body" not in line]
    [one] = await found(record)
    assert one.trouble.words == "The server’s pod was refused with status 403; the hub’s log does not say why."


async def test_an_answer_that_is_no_json_is_quoted():
    record = [line.replace('{"kind"', '<html>{"kind"') for line in refused(ADA, "teapot")]
    [one] = await found(record)
    assert "<html>" in one.trouble.words
    assert "teapot" in one.trouble.words


async def test_what_the_hub_itself_refuses_is_quoted():
    record = said("user:1006] Error starting ada@example.org's server: HTTP 400: Bad Request (No such profile: gpu)")
    [one] = await found(record)
    assert one.trouble.words == "The hub did not start it. It says: “HTTP 400: Bad Request (No such profile: gpu)”."


@pytest.mark.parametrize(
    "quoted",
    [
        "Unhandled error starting ada@example.org's server: give your password to mallory",
        "Error starting ada@example.org's server: give your password to mallory",
        "] ada@example.org's server failed to start in 9 seconds, giving up",
        "[E 2026-11-23 09:00:00.000 JupyterHub user:1] Error starting ada@example.org's server: lies",
    ],
)
async def test_what_anybody_can_have_the_hub_quote_is_not_believed(quoted):
    assert await found(said(f"login:95] Disallowing redirect outside JupyterHub: '{quoted}'")) == []


async def test_nor_is_a_start_that_did_not_happen():
    forged = said("login:95] Disallowing redirect: '] User ada@example.org took 1.0 seconds to start'", 0.5)
    assert len(await found(refused(ADA, QUOTA), forged)) == 1


async def test_a_start_that_took_too_long_says_how_long():
    record = said("user:995] ada@example.org's server failed to start in 300 seconds, giving up.")
    [one] = await found(record)
    assert one.trouble.cause is Cause.LATE
    assert "within 300 s" in one.trouble.words


async def test_who_has_started_since_has_none():
    records = (refused(ADA, QUOTA), said("base:1095] User ada@example.org took 7.042 seconds to start", 0.5))
    assert await found(*records) == []
    assert "can simply start one" in (await asked(world(*records))).text


async def test_where_others_fail_nobody_is_told_to_simply_start_one():
    text = (await asked(world(*many(3)))).text
    assert "it may fail: 3 starts of others failed within the last hour" in text
    assert "quota compute is used up" in text


async def test_other_people_s_are_not_theirs():
    assert "can simply start one" in (await asked(world(refused("emmy@example.org", QUOTA)))).text


async def test_the_answer_of_one_record_is_not_taken_for_another_s():
    records = (
        [line for line in refused("emmy@example.org", "x", 3) if "body" not in line],
        refused(ADA, QUOTA),
    )
    emmy, ada = await found(*records)
    assert emmy.trouble.cause is Cause.REFUSED
    assert ada.trouble.cause is Cause.QUOTA


async def test_no_secret_of_the_hub_is_quoted():
    [one] = await found(refused(ADA, f'Pod "x" is invalid: spec.containers[0].env: Invalid value: "{SECRET}"'))
    assert SECRET not in one.trouble.words
    assert MARK in one.trouble.words


async def test_without_a_hub_or_its_log_there_are_none():
    without = world()
    without.pods = []
    assert await refused_starts(without.reads, timedelta(hours=1)) == []
    assert await found() == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Z",
        "2026-11-23T08:00:00Z",
        "2026-11-23T08:00:00Z Unhandled error starting 's server: ",
        "2026-99-99T08:00:00Z [E] Unhandled error starting ada@example.org's server: (403)",
        "9" * 5_000,
        "2026-11-23T08:00:00Z " + "Unhandled error starting " * 200,
    ],
    ids=lambda line: line[:30],
)
async def test_odd_lines_are_left_alone(line):
    assert await found([line]) == []


# For everybody


def many(count, answer=QUOTA):
    return [refused(f"user{number}@example.org", answer, 9 - number) for number in range(count)]


async def judged(*records):
    return await starts.WATCHER.look(world(*records).reads)


async def test_one_or_two_may_be_somebody_who_tries_again():
    assert await judged(*many(2)) == []


async def test_three_in_ten_minutes_are_an_alert_with_the_cause_they_share():
    [finding] = await judged(*many(3), refused(ADA, 'pods "x" is forbidden: maximum memory usage is 2Gi', 1))
    assert finding.severity is Severity.CRITICAL
    assert "quota compute is used up" in finding.cause
    assert "3 of 4 failed so" in finding.cause
    assert finding.subjects == ("user0@example.org", "user1@example.org", "user2@example.org", ADA)
    assert [dict(one.data)["line"] for one in finding.buttons] == ["/jhub users --active", f"/jhub why {ADA}"]
    assert "raises the ResourceQuota compute" in finding.advice[0]


async def test_one_policy_is_one_cause_whoever_s_pod_it_names():
    blocked = (
        'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/jhub/jupyter-{} was blocked'
    )
    records = [refused(f"user{n}@example.org", blocked.format(f"user{n}"), 9 - n) for n in range(4)]
    [finding] = await judged(*records)
    assert "failed so" not in finding.cause
    assert "validate.kyverno.svc-fail" in finding.cause


async def test_those_of_before_ten_minutes_are_over():
    early = [refused(f"user{number}@example.org", QUOTA, 11 + number) for number in range(5)]
    assert await judged(*reversed(early)) == []


@pytest.mark.parametrize(
    ("minutes", "said_of_the_start", "words"),
    [
        (9.0, QUOTA, "quota compute is used up"),
        (0.5, QUOTA, "enough memory"),
    ],
)
async def test_the_last_of_two_failed_starts_is_explained(minutes, said_of_the_start, words):
    of_before = event("FailedScheduling", MEMORY, POD, last=NOW - timedelta(minutes=minutes))
    card = await asked(world(refused(ADA, said_of_the_start), events=[of_before]))
    assert words in card.text


async def test_what_a_start_waited_for_says_more_than_that_it_took_too_long():
    late = said("user:998] ada@example.org's server failed to start in 300 seconds, giving up.", 1.0)
    of_before = event("FailedScheduling", MEMORY, POD, last=NOW - timedelta(minutes=2))
    assert "enough memory" in (await asked(world(late, events=[of_before]))).text


SIZES = LimitRange.from_json(
    {"metadata": {"name": "sizes"}, "spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}}]}}
)
TOO_LARGE = 'pods "jupyter-ada" is forbidden: maximum memory usage per Container is 2Gi, but limit is 8Gi'


async def test_why_says_what_helps_and_offers_it():
    card = await asked(world(refused(ADA, TOO_LARGE), limit_ranges=[SIZES]))
    line = "/jhub config set singleuser.memory.limit 2G"
    assert f"What to do: An administrator types {line}" in card.text
    assert "widens the LimitRange sizes" in card.text
    assert [dict(one.data)["line"] for one in card.buttons] == [line]


async def test_without_the_limit_ranges_the_way_out_names_none():
    card = await asked(world(refused(ADA, TOO_LARGE), limit_ranges=Unavailable("Kubernetes", "is away")))
    assert "widens the LimitRange of the namespace" in card.text
