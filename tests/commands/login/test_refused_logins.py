"""Logins that Entra refuses, found in the hub's log, in which anybody can write a little."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import entra as watcher
from cards.views import Tone
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.login import show as auth
from commands.login.entra_codes import ENTRA_CODES, is_code
from commands.login.refused_logins import counted, refused_logins
from tests.world import NOW, home, pod, user, words
from tests.world.login import LoginWorld

ADA = "ada@example.org"
HUB = pod("hub-1", "hub", container_names=("hub",))
HOUR = timedelta(hours=1)
URL = "https://login.microsoftonline.com/5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f/oauth2/token"
SECRET = "AADSTS7000215: Invalid client secret provided. Trace ID: 0a0a Timestamp: 2026-11-23 09:00:00Z"


def lines(level, place, text, minutes=2.0):
    """A record as the hub writes it and a node stamps it."""
    when = NOW - timedelta(minutes=minutes)
    first, *others = text.splitlines()
    record = [f"[{level} {when:%Y-%m-%d %H:%M:%S}.000 JupyterHub {place}] {first}", *(f"    {one}" for one in others)]
    return [f"{when:%Y-%m-%dT%H:%M:%S.%f}Z {line}" for line in record]


def back(description, error="access_denied", minutes=2.0, at="/hub/oauth_callback"):
    """A browser that came back with an error: what JupyterHub 5.5 and oauthenticator 17.3 log of it."""
    query = urlencode({"error": error, "error_description": description}) + "&state=[secret]"
    address = f"{at}?{query}"
    message = f"OAuth error: {description}"
    return [
        *lines("W", "web:2106", f"400 GET {address} (10.0.0.7): {message}", minutes),
        *lines("W", "log:192", f"400 GET {address} (@10.0.0.7) 1.49ms", minutes),
    ]


def told(description=SECRET, code=7000215, status=401, url=URL, minutes=2.0):
    """What oauthenticator logs of an answer of Entra's token endpoint."""
    body = json.dumps({"error": "x", "error_codes": [code], "error_description": description}, sort_keys=True, indent=1)
    return lines("E", "oauth2:857", f"Error fetching {status} POST {url}: {body}", minutes)


def world(*records, **more):
    its = LoginWorld(**more)
    its.pods, its.users, its.claims = [HUB], [user(ADA)], [home(ADA)]
    its.hub_log = "\n".join(line for record in records for line in record)
    return its


async def found(*records):
    return [(one.code, one.by_entra) for one in await refused_logins(world(*records).reads, HOUR)]


async def test_a_code_that_a_browser_brought():
    assert await found(back("AADSTS50105: Your administrator has configured the application.")) == [(50105, False)]
    assert await found(back("AADSTS65001: x", at="/lab/hub/oauth_callback")) == [(65001, False)]


async def test_a_code_that_entra_told_the_hub():
    assert await found(told()) == [(7000215, True)]
    v2 = URL.replace("/oauth2/token", "/oauth2/v2.0/token").replace("microsoftonline.com", "microsoftonline.us")
    assert await found(told(url=v2)) == [(7000215, True)]


@pytest.mark.parametrize(
    "words",
    [
        "nothing",
        "please read AADSTS50105: now",
        "AADSTS5: too short",
        "AADSTS123456789: too long",
        "AADSTS٥٠١٠٥: other digits",
        "AADSTS50105",
    ],
)
async def test_of_what_a_browser_brings_only_a_code_of_entra_s_form_is_taken(words):
    code = 50105 if words == "AADSTS50105" else 0
    assert await found(back(words)) == [(code, False)]


@pytest.mark.parametrize(
    "record",
    [
        lines("W", "log:192", "404 GET /hub/nothing?error_description=AADSTS50105:x (@10.0.0.7) 2.36ms"),
        lines("I", "log:192", "200 GET /hub/login?x=OAuth%20error:AADSTS50105 (@10.0.0.7) 138.65ms"),
        lines("W", "web:2106", "400 GET /hub/oauth_callback (10.0.0.7): OAuth callback made without a code"),
        lines("E", "oauth2:857", f"Error fetching 401 POST https://evil.example.org/oauth2/token: {SECRET}"),
        lines(
            "W",
            "web:2106",
            f"404 GET /x?y=Error%20fetching%20401%20POST%20{quote(URL)}:%20{quote(SECRET)} (10.0.0.7): no",
        ),
    ],
)
async def test_what_is_no_such_record_is_not_believed(record):
    assert await found(record) == []


async def test_nobody_can_write_a_record_of_their_own():
    """What a visitor puts behind a line break, the hub indents."""
    forged = told()[0].partition("Z ")[2]
    assert await found(back(f"x\n{forged}\n{{}}")) == [(0, False)]


async def test_an_endless_text_is_cut():
    assert await found(back("AADSTS50105: " + "x" * 20_000)) == []
    assert await found(told("y" * 200_000)) == [(0, True)]


async def test_a_login_that_succeeded_ends_what_was_wrong_with_the_hub():
    let_in = lines(
        "I", "log:192", "302 GET /hub/oauth_callback?code=[secret]&state=[secret] -> /hub/ (ada@10.0.0.7) 9ms"
    )
    assert await found(told(), let_in) == []
    # What one person may not, another may.
    assert await found(back("AADSTS50105: x"), let_in) == [(50105, False)]


def test_every_code_can_be_one_and_says_who_mends_it():
    for code, known in ENTRA_CODES.items():
        assert is_code(str(code)), code
        assert known.meaning[0].islower(), code
        assert not known.meaning.endswith("."), code
        assert known.way.endswith("."), code


def test_the_page_on_logins_has_every_code_with_its_meaning():
    page = (Path(__file__).parents[3] / "docs/login.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for code, known in ENTRA_CODES.items():
        (row,) = [one for one in rows if re.search(rf"\b{code}\b", one)]
        assert known.meaning in row
        assert known.way in row


async def test_the_most_frequent_is_told_first_but_entra_s_own_word_before():
    its = world(*[back("AADSTS50105: x")] * 3, back("AADSTS65001: x"), told())
    assert [one.last.code for one in counted(await refused_logins(its.reads, HOUR))] == [7000215, 50105, 65001]


async def shown(*records):
    return await auth.run(auth.Args(), world(*records).reads)


async def test_auth_says_what_a_code_means_and_who_mends_it():
    card = await shown(back("AADSTS50105: Your administrator …"), back("AADSTS50105: again"))
    assert card.tone is Tone.WARNING
    assert "Browsers came back from Entra’s login with an error 2 times within the last hour." in words(card)
    assert "AADSTS50105: the person is not assigned to the hub’s enterprise application." in words(card)
    assert "assigns them or a group of theirs" in words(card)
    assert "Your administrator" not in words(card)


async def test_auth_quotes_what_entra_told_the_hub_and_is_not_known():
    card = await shown(told("AADSTS999999: Something new. Trace ID: 0a0a"))
    assert card.tone is Tone.BAD
    assert "Entra says: “AADSTS999999: Something new”." in words(card)


async def test_auth_says_nothing_of_what_a_visitor_wrote():
    card = await shown(back("AADSTS999999: send your password to mallory"), back("mallory was here"))
    assert "mallory" not in words(card)
    assert "AADSTS999999, a code that the bot does not know." in words(card)
    assert "login.microsoftonline.com/error?code=999999" in words(card)


async def test_why_says_that_it_may_have_been_theirs():
    card = await why.run(why.Args(Upn.parse(ADA)), world(back("AADSTS50105: x")).reads)
    assert (
        "Entra refused a login within the last hour, and nobody can tell from the hub’s log whether theirs" in card.text
    )
    assert "AADSTS50105" in card.text


async def alerted(*records):
    return await watcher.look(world(*records).reads)


async def test_three_in_ten_minutes_are_an_alert():
    (finding,) = await alerted(*[back("AADSTS50105: x")] * 3)
    assert finding.severity is Severity.WARNING
    assert "the person is not assigned" in finding.cause
    assert "who opens that address can bring any" in finding.cause
    (secret,) = await alerted(*[told()] * 3)
    assert secret.severity is Severity.CRITICAL
    assert [dict(one.data)["line"] for one in secret.buttons] == ["/jhub auth", "/jhub auth rotate"]


@pytest.mark.parametrize(
    "records",
    [
        [back("AADSTS50105: x")] * 2,
        [back("AADSTS50105: x"), back("AADSTS65001: x"), back("AADSTS53003: x")],
        [back("AADSTS50105: x", minutes=11.0)] * 3,
        [back("AADSTS65004: declined")] * 5,
        [back("AADSTS999999: free text of mallory")] * 5,
        [back("free text of mallory")] * 5,
        [told("AADSTS54005: already redeemed", 54005)] * 5,
    ],
    ids=["two", "different", "long ago", "their own", "unknown", "no code", "loaded twice"],
)
async def test_fewer_other_or_a_visitor_s_words_are_none(records):
    assert await alerted(*records) == []


async def test_an_unknown_code_of_entra_s_own_is_named_without_its_words():
    (finding,) = await alerted(*[told("AADSTS999999: free text", 999999)] * 3)
    assert "AADSTS999999" in finding.cause
    assert "free text" not in str(finding)


async def test_where_nobody_logs_in_by_entra_nothing_is_read():
    its = world(*[told()] * 3)
    its.releases = []
    assert await watcher.look(its.reads) == ()
