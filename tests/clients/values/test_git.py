import asyncio
import os
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import Conflict, Rejected, Unavailable
from clients.values import Author, ValueChange
from clients.values.git import GitHome, RemoteFile
from clients.values.git_objects import Signature
from sandbox.git.config_repository import REPOSITORY, ConfigRepository
from sandbox.git.config_repository_routes import ConfigRepositoryRoutes

OLU = Author("Olu <Operator>\n", "7d3c4b5a")
INES = b"Ines Admin <ines@example.org>"
TAG = ("singleuser", "image", "tag")
TEXT = "# ours\nsingleuser:\n  image:\n    tag: 3f9a41c    # by the bot\ncull: {every: 300}\n"


@pytest.fixture
async def served():
    """A repository behind a server, and the address of that."""
    kept = ConfigRepository(TEXT, 1_790_000_000)
    runner = web.AppRunner(ConfigRepositoryRoutes(kept).app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield kept, f"http://127.0.0.1:{runner.addresses[0][1]}/{REPOSITORY}"
    await runner.cleanup()


def home_of(served, *, branch="main", path="config.yaml", token=None):
    kept, url = served

    async def its():
        return kept.token if token is None else token

    bot = Signature("JupyterHub bot", "bot@example.org")
    return GitHome(RemoteFile(url, branch, path), token=its, bot=bot, email=lambda who: f"{who}@example.org", timeout=5)


async def save(home, *changes, base=""):
    return await home.save(changes, base=base, author=OLU, message="Deploy\n7c1d2e9", operation="op-1")


async def test_a_change_is_a_commit_by_who_wanted_it(served):
    kept, home = served[0], home_of(served)
    first = kept.head.id
    written = await home.written()
    assert (written.text, written.version) == (TEXT, first.decode())
    version = await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=written.version)
    assert kept.file == TEXT.replace("3f9a41c", "7c1d2e9")
    assert (kept.head.id.decode(), kept.head.parents) == (version, [first])
    assert kept.head.author == b"Olu Operator <7d3c4b5a@example.org>"
    assert kept.head.committer == b"JupyterHub bot <bot@example.org>"
    assert kept.head.message == b"Deploy 7c1d2e9\n\nAsked for in operation op-1.\n"
    assert (await home.written()).version == version


async def test_what_is_so_already_is_no_commit(served):
    kept, home = served[0], home_of(served)
    version = await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"))
    assert await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base="older") == version
    assert kept.head.id.decode() == version


async def test_a_push_that_comes_too_late_is_made_anew_on_the_new_head(served, monkeypatch):
    kept, home = served[0], home_of(served)
    base = (await home.written()).version
    others = iter([TEXT.replace("300", "600"), TEXT.replace("300", "900")])

    async def meanwhile(routes, service, given, **how):
        if service == "git-receive-pack" and (text := next(others, "")):
            kept.commit(text, "Meanwhile", INES, 1_790_000_100)
        return await plainly(routes, service, given, **how)

    plainly = ConfigRepositoryRoutes._answer
    monkeypatch.setattr(ConfigRepositoryRoutes, "_answer", meanwhile)
    await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=base)
    assert kept.file == TEXT.replace("300", "900").replace("3f9a41c", "7c1d2e9")
    assert next(others, None) is None


async def test_the_same_value_changed_by_others_is_a_conflict(served):
    kept, home = served[0], home_of(served)
    base = (await home.written()).version
    kept.commit(TEXT.replace("3f9a41c", "1d0c5ab"), "Meanwhile", INES, 1_790_000_100)
    with pytest.raises(Conflict, match=r"singleuser\.image\.tag"):
        await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=base)
    assert "1d0c5ab" in kept.file


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("absent", "did not answer"),
        ("broken", r"answered with an error \(500\)"),
        ("read-only", r"does not let the bot do that \(403\)"),
    ],
)
async def test_a_repository_that_cannot_be_written_is_said(served, fault, why):
    kept, home = served[0], home_of(served)
    kept.fault = fault
    with pytest.raises(Unavailable, match=why) as error:
        await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"))
    assert "127.0.0.1" not in str(error.value)
    assert kept.file == TEXT


async def test_a_wrong_password_a_branch_and_a_file_that_are_not_there_are_said(served):
    with pytest.raises(Unavailable, match=r"values\.token_file"):
        await home_of(served, token="wrong").written()
    with pytest.raises(Rejected, match="no branch prod"):
        await home_of(served, branch="prod").written()
    with pytest.raises(Rejected, match=r"no file hub/config\.yaml on main"):
        await home_of(served, path="hub/config.yaml").written()
    with pytest.raises(Rejected, match=r"no file config\.yaml/x"):
        await home_of(served, path="config.yaml/x").written()


async def test_a_file_that_is_no_values_is_refused_with_its_line(served):
    served[0].commit("a: 1\nb: *a\n", "A bomb", INES, 1_790_000_100)
    with pytest.raises(Rejected, match="Line 2"):
        await home_of(served).written()


async def test_too_much_beside_the_file_is_not_fetched(served, monkeypatch):
    monkeypatch.setattr("clients.values.git.LARGEST", 10)
    with pytest.raises(Unavailable, match="has more than"):
        await home_of(served).written()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("ssh://git@example.org/x.git", "config.yaml"),
        ("/etc", "config.yaml"),
        ("https://user:password@example.org/x.git", "config.yaml"),
        ("http://example.org/x.git", "config.yaml"),
        ("https://example.org/x.git", "../config.yaml"),
        ("https://example.org/x.git", "/config.yaml"),
        ("https://example.org/x.git", ".git/config"),
    ],
)
def test_an_address_or_a_path_that_leads_elsewhere_is_refused(url, path):
    with pytest.raises(ValueError, match=r"repository:|file:"):
        RemoteFile(url, "main", path)


async def git(folder: Path, *arguments: str) -> str:
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "no_proxy": "127.0.0.1", "GIT_TERMINAL_PROMPT": "0"}
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, cwd=folder, env=plain, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_the_real_git_clones_what_the_bot_wrote_and_the_bot_reads_what_it_pushes(served, tmp_path):
    kept, url = served
    home = home_of(served)
    await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"))
    await git(tmp_path, "clone", "--quiet", url.replace("://", f"://x-access-token:{kept.token}@"), "c")
    clone = tmp_path / "c"
    await git(clone, "fsck", "--strict")
    assert (clone / "config.yaml").read_text("utf-8") == kept.file
    assert "Olu Operator" in await git(clone, "log", "-1", "--format=%an")
    (clone / "config.yaml").write_text(kept.file.replace("300", "600"), "utf-8")
    await git(clone, "-c", "user.name=Ines", "-c", "user.email=i@example.org", "commit", "--quiet", "-am", "Cull later")
    await git(clone, "push", "--quiet")
    assert (await home.written()).values["cull"] == {"every": 600}
