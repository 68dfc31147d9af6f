"""A repository's refs by git's own protocol: as the sandbox tells them, as real git writes them, and nonsense."""

import contextlib
import traceback

import pytest
from aiohttp import web
from hypothesis import given as having
from hypothesis import strategies as st

from clients.errors import NotFound, Unavailable
from clients.git import Repository, _refs
from sandbox.git.refs import NOTEBOOK_REFS, NOTEBOOKS, REFS, REPOSITORY
from tests.clients.registries import given, place_of

SHA = "7c1d2e9" + "0" * 33


def packet(text):
    return f"{len(text) + 4:04x}{text}".encode()


@pytest.fixture
async def place(aiohttp_server):
    made = await place_of(aiohttp_server)
    yield made
    await made.close()


async def test_every_ref_has_its_commit_and_an_annotated_tag_what_it_points_to(place):
    refs = await place.source().refs()
    assert refs["refs/heads/main"] == REFS["refs/heads/main"]
    assert refs["refs/tags/v1.5"] == REFS["refs/tags/v1.5^{}"]
    assert set(refs) == {name for name in REFS if not name.endswith("^{}")}


async def test_without_the_password_it_is_said_which_setting_gives_it(place):
    wrong = "not-the-password"
    with pytest.raises(Unavailable, match=r"image\.repository_token_file") as caught:
        await place.source(given(lambda: wrong)).refs()
    assert wrong not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (403, Unavailable), (301, Unavailable), (500, Unavailable), (204, Unavailable)],
)
async def test_every_other_answer_has_words(place, status, error):
    async def other(_):
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/x"} if status == 301 else None)

    place.before = other
    with pytest.raises(error):
        await place.source().refs()
    assert len(place.asked) == 1


async def test_a_public_repository_is_read_without_a_password_and_called_by_its_name(place):
    url = place.builds.git_url.replace(REPOSITORY, NOTEBOOKS)
    notebooks = Repository(url, label="The notebooks' repository")
    assert await notebooks.refs() == NOTEBOOK_REFS
    place.git.fault = "broken"
    with pytest.raises(Unavailable, match=r"^The notebooks' repository"):
        await notebooks.refs()


async def test_nobody_there_and_nobody_in_time(place):
    place.git.fault = "absent"
    with pytest.raises(Unavailable, match="cannot be reached"):
        await place.source().refs()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"0000",
        packet("# service=git-receive-pack\n"),
        packet("# service=git-upload-pack\n") + b"zzzz",
        packet("# service=git-upload-pack\n") + b"ffff" + b"a",
    ],
)
async def test_what_is_not_gits_is_not_read(place, content):
    async def other(_):
        return web.Response(body=content)

    place.before = other
    with pytest.raises(Unavailable, match="not from git"):
        await place.source().refs()


async def test_more_than_anybody_has_is_not_read(place):
    async def endless(_):
        return web.Response(body=b"0000" * (3 << 20))

    place.before = endless
    with pytest.raises(Unavailable, match="more branches"):
        await place.source().refs()


def test_lines_of_other_kinds_are_left_out():
    content = (
        packet("# service=git-upload-pack\n")
        + b"0000"
        + packet(f"{SHA} HEAD\0symref=HEAD:refs/heads/main\n")
        + packet(f"{SHA} refs/heads/main\n")
        + packet("not-a-hash refs/heads/x\n")
        + packet(f"{SHA} refs/heads/a b\n")
        + packet(f"{SHA} refs/heads/\x1b[31m\n")
        + packet(f"shallow {SHA}\n")
        + b"0000"
    )
    assert _refs(content) == {"refs/heads/main": SHA}


@having(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: packet("# service=git-upload-pack\n") + tail))
def test_whatever_comes_is_read_or_refused(content):
    with contextlib.suppress(ValueError):
        assert all(name.startswith("refs/") for name in _refs(content))


def test_an_empty_repository_has_no_refs():
    empty = packet("# service=git-upload-pack\n") + b"0000" + packet("0" * 40 + " capabilities^{}\0agent=git\n")
    assert _refs(empty + b"0000") == {}


@pytest.mark.parametrize(
    "url", ["git@git.example.org:a/b.git", "ssh://x/y", "https://u:p@x/y", "file:///x", "https://x?a=b"]
)
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError, match="plain http"):
        Repository(url)


def test_a_password_goes_by_https_only():
    with pytest.raises(ValueError, match="https only"):
        Repository("http://git.example.org/x.git", given(lambda: "secret"))
    assert Repository("http://git.example.org/x.git").url == "http://git.example.org/x.git"
