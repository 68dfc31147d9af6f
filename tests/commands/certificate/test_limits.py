"""Let's Encrypt's limits, counted before a retry: the buckets, what is counted, and what is not offered until when."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clients.errors import Unavailable
from clients.public.certificate import Problem
from commands.certificate import reset as cert_reset
from commands.certificate import retry as cert_retry
from commands.certificate import show as cert
from commands.certificate.acme_errors import attempts_in
from commands.certificate.known import known, retried_in
from commands.certificate.limits import DUPLICATES, FAILURES, Known, count
from commands.framework.errors import UserError
from commands.ports.operations import TrailLine
from tests.world import NOW, World, acme, automatic, certificate, on_record, pod, words

HOST = "hub.example.org"
FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32)


def at(minutes):
    return NOW - timedelta(minutes=minutes)


def failed(*minutes):
    """Traefik's log of attempts that failed so many minutes ago."""
    return "".join(acme.TIMEOUT.replace("2026-11-23T08:00:03Z", f"{at(one):%Y-%m-%dT%H:%M:%SZ}") for one in minutes)


def lost(log, **more):
    return World(certificate=FALLEN, releases=[automatic()], log=log, **more)


def buttons(view):
    return [dict(one.data)["line"] for one in view.buttons]


@pytest.mark.parametrize(
    ("minutes", "until"),
    [
        ((1, 1, 1, 1), None),
        # All at once: one is given back every 12 minutes.
        ((5, 5, 5, 5, 5), 7),
        # Not all of them are in the hour.
        ((5, 5, 5, 5, 61), None),
        # The bucket has filled by now; one refill after the last is waited for all the same.
        ((55, 40, 30, 20, 1), 11),
        ((55, 40, 30, 20, 13), None),
        ((4, 3, 3, 2, 2, 1), 20),
    ],
)
def test_failures_are_counted_as_a_bucket_that_fills_again(minutes, until):
    expected = None if until is None else NOW + timedelta(minutes=until)
    assert FAILURES.next_at(map(at, minutes), NOW) == expected


def test_five_certificates_of_a_week_are_followed_by_one_every_34_hours():
    assert DUPLICATES.refill == timedelta(hours=33, minutes=36)
    assert DUPLICATES.next_at([NOW] * 5, NOW) == NOW + DUPLICATES.refill
    assert DUPLICATES.next_at([NOW] * 4, NOW) is None


def test_names_that_are_not_exactly_the_same_do_not_count():
    mine, other = frozenset({HOST}), frozenset({HOST, "www.example.org"})
    issued = [*[(mine, at(60))] * 3, *[(other, at(60))] * 4, (frozenset(), at(60))]
    found = count(Known(issued=issued), HOST, mine, NOW)
    assert (found.issued, found.until) == (4, None)
    assert count(Known(issued=[(mine, at(60))] * 5), HOST, mine, NOW).until is not None


@pytest.mark.parametrize(
    "line",
    [
        acme.TIMEOUT,
        f"2026-11-23T08:00:09.1Z {acme.TIMEOUT}",
        acme.TIMEOUT.replace("2026-11-23T08:00:03Z ERR ", '{"level":"error","time":"2026-11-23T08:00:03Z","error":"'),
    ],
)
def test_traefiks_own_time_is_read_in_each_of_its_forms(line):
    ((when, names),) = attempts_in(line)
    assert (f"{when:%H:%M}", names) == ("08:00", (HOST,))


def test_an_order_that_was_refused_at_once_is_no_failed_authorisation():
    ((_, names),) = attempts_in(acme.limited())
    assert names == ()
    assert attempts_in("ERR Unable to obtain ACME certificate, retry after 2026-11-25 02:54:01 UTC") == []


async def test_nothing_is_offered_before_the_next_try_is_possible_and_it_is_said_when_that_is():
    view = await cert.run(cert.Args(), lost(failed(5, 4, 3, 2, 1)).reads)
    assert buttons(view) == ["/jhub logs autohttps traefik"]
    said = words(view)
    for told in (
        "5 failed authorisations of hub.example.org in the last hour",
        "The next try is possible at 2026-11-23 09:11 UTC",
        "Counted from Traefik's log",
        "Attempts made elsewhere",
    ):
        assert told in said
    assert "/jhub cert retry" in buttons(await cert.run(cert.Args(), lost(failed(5, 4, 3, 2)).reads))


@pytest.mark.parametrize("command", [cert_retry, cert_reset])
async def test_retry_and_reset_refuse_until_then_unless_told_otherwise(command):
    world = lost(failed(5, 4, 3, 2, 1))
    with pytest.raises(UserError, match=r"5 failed authorisations .* possible at 2026-11-23 09:11 UTC") as refused:
        await command.plan(command.Args(), world.reads)
    assert any("--now" in one for one in refused.value.hints)
    asked = command.preview(await command.plan(command.Args(now=True), world.reads))
    assert any("The next try is possible at 2026-11-23 09:11 UTC" in one for one in asked.warnings)


async def test_what_was_logged_before_the_container_was_restarted_counts():
    world = lost(failed(2, 1), earlier_log=failed(5, 4, 3))
    assert "/jhub cert retry" in buttons(await cert.run(cert.Args(), world.reads))
    world.pods = [pod("autohttps-1", "autohttps", restarts=1)]
    assert buttons(await cert.run(cert.Args(), world.reads)) == ["/jhub logs autohttps traefik"]


def trail(operation, minutes, outcome, line="cert retry", step="Restart autohttps"):
    told = {"name": "Olu", "object_id": "o", "command": line, "operation": operation}
    begun = TrailLine(number=2 * minutes + 1, at=at(minutes), event="step", outcome="", detail=f"step: {step}", **told)
    ended = TrailLine(number=2 * minutes, at=at(minutes - 1), event="ended", outcome=outcome, detail="", **told)
    return [begun, ended]


async def test_the_bots_own_attempts_count_whose_logs_went_with_their_pods():
    world = lost(failed(1))
    world.trail = [
        *trail("a", 20, "failed"),
        *trail("b", 15, "failed", "cert reset", "Upgrade to revision 4"),
        *trail("c", 10, "cancelled", "cert retry --now"),
        *trail("d", 8, "failed"),
        # Of this one the log is there; of these none is an attempt that failed.
        *trail("e", 3, "failed"),
        *trail("f", 6, "done"),
        *trail("g", 5, "refused", step="Something else"),
        *trail("h", 4, "failed", "deploy 7c1d2e9", "Upgrade to revision 5"),
    ]
    assert len(retried_in(world.trail)) == 5
    view = await cert.run(cert.Args(), world.reads)
    assert "5 failed authorisations" in words(view)
    assert "/jhub cert retry" not in buttons(view)


def stored(age):
    """A certificate for the host, as Traefik keeps it, issued so long ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - age)
    made = made.not_valid_after(NOW - age + timedelta(days=64))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST.upper())]), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def acme_json(*certificates):
    kept = [{"domain": {"main": HOST}, "certificate": b64encode(one).decode(), "key": "a2V5"} for one in certificates]
    return json.dumps({"default": {"Account": {"PrivateKey": "secret"}, "Certificates": kept}}).encode()


async def test_certificates_count_once_wherever_they_were_seen():
    fresh = [stored(timedelta(hours=number)) for number in (2, 30, 90)]
    seen = [on_record(certificate(not_before=NOW - timedelta(days=1), fingerprint=f"{n}" * 64)) for n in range(2)]
    world = lost(acme.QUIET, served=[*seen, on_record(FALLEN)])
    world.secret_data = {"proxy-public-tls-acme": {"acme.json": acme_json(*fresh)}}
    found = await known(world.reads, world.log, None)
    assert len(found.issued) == 5
    view = await cert.run(cert.Args(), world.reads)
    assert "5 certificates for exactly hub.example.org" in words(view)
    assert "a2V5" not in words(view)
    assert "/jhub cert reset" not in buttons(view)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"default": {"Certificates": [{"certificate": "x"}, 7]}}'])
async def test_a_secret_that_cannot_be_read_has_no_certificates(content):
    world = lost(acme.QUIET)
    world.secret_data = {"proxy-public-tls-acme": {"acme.json": content}}
    assert (await known(world.reads, world.log, None)).issued == ()


async def test_what_could_not_be_read_is_said():
    world = lost(failed(2, 1), served=Unavailable("The bot's store", "is gone"), secrets=[])
    world.certificate = FALLEN
    found = await known(world.reads, world.log, None)
    assert found.unread == (
        "the certificates that the bot has seen served",
        "those kept in the Secret proxy-public-tls-acme",
    )


@pytest.mark.parametrize(
    ("server", "held"),
    [
        ("https://acme-v02.api.letsencrypt.org/directory", True),
        ("", True),
        ("https://acme-staging-v02.api.letsencrypt.org/directory", False),
        ("https://acme.zerossl.com/v2/DV90", False),
        ("http://[", False),
    ],
)
async def test_only_lets_encrypts_own_limits_are_counted(server, held):
    live = automatic()
    live.values["proxy"]["https"]["letsencrypt"]["acmeServer"] = server
    world = World(certificate=FALLEN, releases=[live], log=failed(5, 4, 3, 2, 1))
    assert ("/jhub cert retry" not in buttons(await cert.run(cert.Args(), world.reads))) is held
