"""What must not be read in a chat is hidden, wherever it stands and whatever stands around it."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.text.redaction import MARK, Redactor
from commands.values.secrets import is_secret_name, known_secrets, secrets_of
from tests.world import SECRET, World, release

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLXRoaXM"
ENTRA = "abc8Q~" + "xY1.z~-" * 5
HEX = "0123456789abcdef" * 4
BASE64 = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("authorization=token s3cr3t-value", "s3cr3t-value"),
        ('{"Authorization": "Custom abc def"}', "abc def"),
        ("sent Bearer abcdefghijklmnop12", "abcdefghijklmnop12"),
        ("curl -H Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("Cookie: jupyterhub-session-id=9f2; _xsrf=2|88", "9f2"),
        ("Set-Cookie: a=b1c2d3; HttpOnly", "b1c2d3"),
        ("client_secret=hunter2", "hunter2"),
        ("'client_secret': 'hunter2 and more'", "hunter2 and more"),
        ('"apiToken": "hunter2"', "hunter2"),
        ("clientSecret: hunter2", "hunter2"),
        ("JUPYTERHUB_API_TOKEN=hunter2", "hunter2"),
        ("DB_PASSWORD: hunter2", "hunter2"),
        ("password = hunter2", "hunter2"),
        ("AccountName=a;AccountKey=Zm9v/YmFy+==;EndpointSuffix=core", "Zm9v/YmFy+=="),
        ("Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey=Zm9vYmFyCg==", "Zm9vYmFyCg=="),
        ("GET https://a.blob.example.org/c?sv=2024&sig=abc%2Fdef%3D&se=2026", "abc%2Fdef%3D"),
        ("302 GET /hub/oauth_callback?code=0.AXYz&state=eyJz (@10.0.0.1)", "0.AXYz"),
        ("302 GET /hub/oauth_callback?code=0.AXYz&state=eyJz (@10.0.0.1)", "eyJz"),
        ("postgresql://hub:hunter2@db:5432/hub", "hunter2"),
        (f"got {JWT} from Entra", JWT),
        (f"invalid: {ENTRA}", ENTRA),
        (f"token for service is {HEX}", HEX),
        (f"key {BASE64}== read", BASE64),
        ("ghp_" + "a1" * 18 + " was refused", "ghp_" + "a1" * 18),
    ],
)
def test_what_looks_like_a_secret_is_hidden(line, secret):
    shown = Redactor().line(line)
    assert secret not in shown
    assert MARK in shown


@pytest.mark.parametrize(
    "line",
    [
        "[I 2026-11-24 20:51:17.342 JupyterHub log:192] 200 GET /hub/metrics (@10.244.2.138) 24.34ms",
        "Pulled jhub.azurecr.io/notebook@sha256:" + "0" * 64,
        "user ada@example.org's server jupyter-ada--5ec1e680 took 31.0 seconds to start",
        'Unexpected token < in JSON; exit code: 137; state: running, no such key: "x"',
        "Basic authentication is off, bearer tokens are not taken, the password is wrong",
        "uid 6c1f0f5e-0d7c-4c36-9a51-0a1b2c3d4e5f of pod hub-6f7d9c8b9d-abcde at commit 7c1d2e9",
        "File /opt/conda/lib/python3.12/site-packages/jupyterhub/Handlers/Base2.py, line 12",
        "Mounting secret proxy-public-tls-acme",
    ],
)
def test_what_only_mentions_secrets_stays(line):
    assert Redactor().line(line) == line


def test_a_private_key_is_hidden_over_its_lines_and_what_follows_is_not():
    lines = [
        "before",
        "x -----BEGIN RSA PRIVATE KEY-----",
        "MIIEow",
        "short",
        "-----END RSA PRIVATE KEY----- y",
        "after",
    ]
    assert Redactor().lines(lines) == ["before", f"x {MARK}", MARK, MARK, f"{MARK} y", "after"]


def test_overlapping_secrets_leave_no_piece():
    assert Redactor(["abcdefgh", "efghijkl"]).line("1 abcdefghijkl 2") == f"1 {MARK} 2"


def test_a_short_secret_is_hidden_as_a_word_only():
    redactor = Redactor(["hub1", "no"])
    assert redactor.line("hub1 said no to hub12") == f"{MARK} said no to hub12"


_SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=["Cc", "Cf", "Cn"]), min_size=8
)


@given(st.lists(_SECRETS, min_size=1, max_size=4), st.lists(st.text(max_size=12), max_size=6), st.randoms())
def test_no_known_secret_is_ever_left(secrets, around, random):
    pieces = [*around, *secrets, *secrets]
    random.shuffle(pieces)
    shown = Redactor(secrets).line("".join(pieces))
    assert not [one for one in secrets if one in shown and one not in MARK]


@given(st.text(max_size=300))
def test_hiding_again_hides_nothing_more(text):
    once = Redactor(["secret-of-this"]).line(text)
    assert Redactor(["secret-of-this"]).line(once) == once


@pytest.mark.parametrize("piece", ["a_", "token ", "=", "eyJ.", "bearer ", "://a:", "Aa1/", "-----BEGIN PRIVATE KEY "])
def test_a_hostile_line_takes_no_long_time(piece):
    began = time.process_time()
    Redactor(["secret-of-this"]).line(piece * (2**16 // len(piece)))
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *((name, True) for name in ("client_secret", "apiToken", "DB_PASSWORD", "cookieSecret", "secretToken", "keys")),
        *((name, True) for name in ("auth", "secretKey", "privateKey", "crypt_key")),
        *((name, False) for name in ("secretName", "existingSecret", "key", "tokenExpiry", "client_id", "publicKey")),
        *((name, False) for name in ("username_claim", "imagePullSecretCreate", "")),
    ],
)
def test_names_that_mean_a_secret(name, secret):
    assert is_secret_name(name) is secret


def test_a_releases_secrets_are_known_by_their_names_and_from_its_secrets():
    values = {
        "hub": {
            "config": {"CryptKeeper": {"keys": ["first-key-1", "second-key-2"]}, "X": {"client_id": "not-secret-id"}},
            "extraEnv": [{"name": "MAIL_PASSWORD", "value": "mail-pass-3"}, {"name": "LANG", "value": "C.UTF-8-not"}],
            "db": {"url": "mysql://hub:db-pass-4@db/hub"},
            "existingSecret": "name-of-a-secret",
        },
        "imagePullSecret": {"password": "pull pass/5", "username": "robot-not"},
    }
    docker = json.dumps({"auths": {"example.org": {"username": "robot-not", "password": "docker-pass-6"}}})
    data = {"hub.config.JupyterHub.cookie_secret": "cookie-7", "values.yaml": "hub: {}\n", "tls": docker}
    coded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    manifest = f"---\nkind: ConfigMap\ndata: {{x: not-a-secret-8}}\n---\nkind: Secret\ndata: {json.dumps(coded)}\n"
    found = secrets_of(release(values=values, manifest=manifest))
    assert {f"{what}-{n}" for what, n in (("first-key", 1), ("second-key", 2), ("mail-pass", 3))} <= found
    assert {"db-pass-4", "pull pass/5", quote("pull pass/5", safe=""), "docker-pass-6", "cookie-7"} <= found
    assert base64.b64encode(b"cookie-7").decode().rstrip("=") in found
    assert not [one for one in found if "not" in one or one == "name-of-a-secret"]


async def test_what_was_rotated_away_lately_is_known_too():
    old = release(2, status="superseded", values={"hub": {"config": {"client_secret": "the-old-one"}}})
    assert {SECRET, "the-old-one"} <= await known_secrets(World(releases=[release(), old]).reads)
