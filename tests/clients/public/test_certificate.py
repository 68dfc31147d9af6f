"""Real handshakes with certificates made for the test."""

import asyncio
import contextlib
import ipaddress
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clients.errors import Unavailable
from clients.public.certificate import CertificateReader, Problem, _matches, probe

HOST = "hub.example.org"
NOW = datetime.now(UTC)


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Made:
    """A key and its certificate, signed by `issuer` or by itself."""

    def __init__(self, common, *names, issuer=None, begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=30)):
        self.key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(common))
            .issuer_name(issuer.certificate.subject if issuer else name(common))
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@pytest.fixture(scope="module")
def authority():
    return Made("Private CA")


@pytest.fixture
async def listen():
    """Listens on loopback, says `says` to whoever has said something, and returns the port."""
    servers, handlers = [], []

    async def start(says=None, context=None):
        async def answer(reader, writer):
            handlers.append(asyncio.current_task())
            with contextlib.suppress(ConnectionError):
                await reader.read(-1 if says is None else 1)
                writer.write(says or b"")
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
        return servers[-1].sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()
    await asyncio.gather(*handlers)


@pytest.fixture
def serve(listen, tmp_path):
    """Serves a certificate and returns the port."""

    async def start(made):
        chain = tmp_path / "chain.pem"
        chain.write_bytes(made.pem() + made.key_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return await listen(context=context)

    return start


@pytest.fixture
def trust(authority, tmp_path):
    path = tmp_path / "trust.pem"
    path.write_bytes(authority.pem())
    return path


@pytest.fixture
def served_at(serve, authority, trust):
    """Probes what is made with the authority at hand."""

    async def ask(make):
        return await probe(HOST, await serve(make(authority)), address="127.0.0.1", trust=trust)

    return ask


async def test_a_proper_certificate(serve, authority, trust):
    made = Made(HOST, x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1")), issuer=authority)
    port = await serve(made)
    found = await CertificateReader(HOST, port, address="127.0.0.1", trust=trust).certificate()
    assert (found.subject, found.issuer, found.names) == (HOST, "Private CA", (HOST, "127.0.0.1"))
    assert (found.trusted, found.host_matches, found.self_signed, found.problem) == (True, True, False, None)
    assert found.days_left(NOW) == 29
    assert found.fingerprint == made.certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    ("made", "problem", "trusted"),
    [
        (lambda ca: Made("other", x509.DNSName("other.example.org"), issuer=ca), Problem.WRONG_HOST, True),
        (
            lambda ca: Made(HOST, x509.DNSName(HOST), issuer=ca, ends=NOW - timedelta(hours=1)),
            Problem.EXPIRED,
            False,
        ),
        (
            lambda ca: Made(HOST, x509.DNSName(HOST), issuer=ca, begins=NOW + timedelta(hours=1)),
            Problem.NOT_YET_VALID,
            False,
        ),
        (lambda _: Made(HOST, x509.DNSName(HOST)), Problem.SELF_SIGNED, False),
        (lambda _: Made(HOST, x509.DNSName(HOST), issuer=Made("Elsewhere")), Problem.UNTRUSTED, False),
        (
            lambda _: Made("TRAEFIK DEFAULT CERT", x509.DNSName("a.traefik.default")),
            Problem.TRAEFIK_DEFAULT,
            False,
        ),
    ],
)
async def test_what_is_wrong_is_named(served_at, made, problem, trusted):
    found = await served_at(made)
    assert (found.problem, found.trusted) == (problem, trusted)
    assert found.traefik_default == (problem is Problem.TRAEFIK_DEFAULT)


async def test_without_a_trust_file_the_systems_authorities_decide(serve, authority):
    port = await serve(Made(HOST, x509.DNSName(HOST), issuer=authority))
    assert (await probe(HOST, port, address="127.0.0.1")).problem is Problem.UNTRUSTED


async def test_a_closed_port_is_unavailable():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(Unavailable, match="the public address refused the connection"):
        await probe(HOST, port, address="127.0.0.1")


@pytest.mark.parametrize(
    ("says", "words"), [(b"HTTP/1.1 400\r\n\r\n", "speak TLS"), (b"", "broke off"), (None, "within 0.5 s")]
)
async def test_what_is_no_tls_is_unavailable_in_time(listen, says, words):
    port = await listen(says)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=words):
        await probe(HOST, port, address="127.0.0.1", timeout=0.5)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("content", [None, b"nothing"])
async def test_a_trust_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "trust.pem"
    if content:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match="trusted authorities") as caught:
        await probe(HOST, 1, address="127.0.0.1", trust=path)
    assert str(path) not in str(caught.value)


async def test_a_host_that_cannot_be_a_name_is_unavailable():
    with pytest.raises(Unavailable):
        await probe("a" * 70 + ".example.org", 1, address="127.0.0.1")


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("hub.example.org", "HUB.example.org.", True),
        ("*.example.org", "hub.example.org", True),
        ("*.example.org", "a.hub.example.org", False),
        ("*.example.org", "example.org", False),
        ("*.org", "example.org", False),
        ("*", "localhost", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("*.0.0.1", "127.0.0.1", False),
        ("::1", "0:0:0:0:0:0:0:1", True),
    ],
)
def test_which_names_cover_a_host(pattern, host, matches):
    assert _matches(pattern, host) is matches
