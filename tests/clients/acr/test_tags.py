"""The registry's own API against the sandbox's: tokens that expire, pages, locks, and every way to be refused."""

import traceback

import pytest
from aiohttp import web

from clients.acr import Acr
from clients.errors import Forbidden, NotFound, Unavailable
from sandbox.runtime.images import digest
from tests.clients.registries import NOW, SERVER, given, place_of


@pytest.fixture
async def place(aiohttp_server):
    made = await place_of(aiohttp_server)
    yield made
    await made.close()


@pytest.fixture
def acr(place):
    return place.acr()


# Reading


async def test_tags_come_newest_first_with_digest_size_and_age(acr):
    first, second, third = await acr.tags("notebook")
    assert (first.name, second.name, third.name) == ("7c1d2e9", "3f9a41c", "a4e2b90")
    assert first.digest == digest(f"{SERVER}/notebook:7c1d2e9")
    assert (NOW - first.created).days == 1
    assert first.size > 40 << 20
    assert not first.locked


async def test_only_the_newest_are_asked_for_where_that_is_enough(place, acr):
    assert [tag.name for tag in await acr.tags("notebook", 2)] == ["7c1d2e9", "3f9a41c"]
    assert all(tag.size for tag in await acr.tags("notebook", 2))
    assert "/acr/v1/notebook/_manifests" not in place.paths("GET")


async def test_a_list_of_many_pages_is_read_whole_and_each_tag_once(aiohttp_server):
    place = await place_of(aiohttp_server, tags=[f"t{number:03}" for number in range(250)])
    try:
        found = await place.acr().tags("notebook")
        assert [tag.name for tag in found] == [f"t{number:03}" for number in range(250)]
        assert all(tag.size for tag in found)
        assert len([path for path in place.paths("GET") if path.endswith("/_tags")]) == 3
        assert len(await place.acr().tags("notebook", 120)) == 120
    finally:
        await place.close()


async def test_one_tag_is_found_and_another_is_not(acr):
    assert (await acr.tag("notebook", "3f9a41c")).digest == digest(f"{SERVER}/notebook:3f9a41c")
    with pytest.raises(NotFound, match="nothing by that name in notebook"):
        await acr.tag("notebook", "7c1d2e8")
    with pytest.raises(NotFound):
        await acr.tags("nothing")


@pytest.mark.parametrize("name", ["..", ".", "", "../_manifests", "a/../../v2", "a?b", "a#b", "\udcff"])
async def test_no_name_leads_to_another_address(place, acr, name):
    with pytest.raises(NotFound):
        await acr.tag("notebook", name)
    asked = [path for path in place.paths("GET") if path.startswith("/acr")]
    assert all(path.startswith("/acr/v1/notebook/_tags/") for path in asked)


# Locking


async def test_a_locked_tag_can_be_locked_again(place, acr):
    assert (await acr.lock("notebook", "7c1d2e9")).locked
    assert (await acr.lock("notebook", "7c1d2e9")).locked
    assert [tag.name for tag in await acr.tags("notebook") if tag.locked] == ["7c1d2e9"]
    with pytest.raises(NotFound):
        await acr.lock("notebook", "nope")
    tag = place.registry.repositories["notebook"]["7c1d2e9"]
    assert (tag.write, tag.delete) == (False, False)


# Tokens


async def test_each_operation_gets_tokens_of_its_own_for_one_repository(place, acr):
    await acr.tag("notebook", "7c1d2e9")
    await acr.tag("notebook", "7c1d2e9")
    assert place.paths("POST") == ["/oauth2/exchange", "/oauth2/token"] * 2
    assert {scope for scope, _ in place.registry.tokens._access.values()} == {"repository:notebook:metadata_read"}


async def test_a_token_that_expires_between_two_pages_is_replaced_once(aiohttp_server):
    place = await place_of(aiohttp_server, tags=[f"t{number:03}" for number in range(150)])

    async def later(request):
        if "last" in request.query and "_tags" in request.path and place.paths("POST").count("/oauth2/token") == 1:
            place.clock.jump(61)

    place.before = later
    try:
        assert len(await place.acr().tags("notebook")) == 150
        assert place.paths("POST").count("/oauth2/token") == 2
    finally:
        await place.close()


async def test_a_registry_that_gives_expired_tokens_only_is_asked_twice_and_no_more(place, acr):
    place.registry.fault = "expired"
    place.registry.tokens.lifetime = 0.0
    with pytest.raises(Unavailable, match="refused the bot's token"):
        await acr.tag("notebook", "7c1d2e9")
    assert place.paths("POST").count("/oauth2/token") == 2


async def test_what_entra_gave_is_asked_for_each_time_and_may_be_wrong(place):
    tokens = iter(["stale", place.registry.tokens.entra])
    acr = place.acr(token=given(lambda: next(tokens)))
    with pytest.raises(Unavailable, match="401"):
        await acr.tag("notebook", "7c1d2e9")
    assert (await acr.tag("notebook", "7c1d2e9")).name == "7c1d2e9"


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="https://evil.example/oauth2/token",service="jhub.azurecr.io"',
        'Bearer realm="//evil.example/oauth2/token",service="jhub.azurecr.io"',
        'Bearer service="jhub.azurecr.io"',
        'Basic realm="x"',
        "",
    ],
)
async def test_tokens_go_nowhere_but_to_the_registry(place, acr, challenge):
    async def elsewhere(request):
        if request.path == "/v2/":
            return web.Response(status=401, headers={"Www-Authenticate": challenge})
        return None

    place.before = elsewhere
    with pytest.raises(Unavailable, match=r"at another address|how to log in"):
        await acr.tag("notebook", "7c1d2e9")
    assert place.paths("POST") == []


# Outages


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("throttled", "asked the bot to slow down"),
        ("broken", r"error \(500\)"),
        ("denied", "have that permission"),
        ("absent", "cannot be reached"),
    ],
)
async def test_an_outage_is_unavailable_in_words(place, acr, fault, said):
    place.registry.fault = fault
    with pytest.raises(Unavailable, match=said) as caught:
        await acr.tags("notebook")
    trace = "".join(traceback.format_exception(caught.value))
    assert place.registry.tokens.entra not in trace


@pytest.mark.parametrize("path", ["/v2/", "/oauth2/exchange", "/acr/v1/notebook/_tags"])
async def test_a_registry_that_is_closed_to_the_bots_address_blames_no_role(place, acr, path):
    said = "client with IP '20.1.2.3' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."

    async def closed(request):
        if request.path == path:
            return web.json_response({"errors": [{"code": "DENIED", "message": said}]}, status=403)
        return None

    place.before = closed
    with pytest.raises(Unavailable, match="does not let the bot's address in: its firewall refuses it") as caught:
        await acr.tags("notebook")
    assert "permission" not in str(caught.value)


async def test_a_missing_role_is_no_outage_and_names_the_role(place, acr):
    place.registry.fault = "denied"
    with pytest.raises(Forbidden) as caught:
        await acr.tags("notebook")
    assert "AcrPull" in caught.value.remedy
    with pytest.raises(Forbidden) as caught:
        await acr.lock("notebook", "7c1d2e9")
    assert "AcrPush" in caught.value.remedy


async def test_a_slow_registry_costs_the_time_out(place):
    place.registry.fault = "slow"
    with pytest.raises(Unavailable, match="did not answer within"):
        await place.acr(timeout=0.1).tags("notebook")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"tags": "x"}',
        b'{"tags": [1]}',
        b'{"tags": [{"name": 3}]}',
        b'{"tags": [{"name": "a", "digest": null}]}',
        b"[" * 100_000,
        b"x" * (5 << 20),
    ],
    ids=["html", "list", "no list", "number", "no name", "no digest", "deep", "long"],
)
async def test_an_answer_that_is_none_is_unavailable(place, acr, body):
    async def nonsense(request):
        if request.path.endswith("_tags"):
            return web.Response(body=body, content_type="application/json")
        return None

    place.before = nonsense
    with pytest.raises(Unavailable):
        await acr.tags("notebook")


async def test_a_redirect_is_not_followed(place, acr):
    async def away(request):
        if request.path.startswith("/acr"):
            return web.Response(status=307, headers={"Location": "/v2/"})
        return None

    place.before = away
    with pytest.raises(Unavailable, match="307"):
        await acr.tags("notebook")


async def test_sizes_that_are_none_are_unknown(place, acr):
    async def sizeless(request):
        if "_manifests" in request.path:
            listed = [{"digest": digest(f"{SERVER}/notebook:7c1d2e9"), "imageSize": "big"}, {"digest": 4}, 7]
            return web.json_response({"manifests": listed})
        return None

    place.before = sizeless
    assert {tag.size for tag in await acr.tags("notebook")} == {None}


@pytest.mark.parametrize("url", ["ftp://x", "https://", "https://a:b@x", "https://x?y=z", "jhub.azurecr.io"])
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError, match="plain http"):
        Acr(url, given(lambda: ""), login_server="x")
