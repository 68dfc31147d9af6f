"""fetch-notebooks.sh with a real git repository: what the build brings in, and what it refuses."""

import os
import subprocess

import pytest

from tests.container.homes import IMAGE

AUTHOR = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def git(tmp_path):
    """Git in a repository with two commits, of which a tag names the first."""

    def git(*arguments):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"} | AUTHOR
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        return subprocess.check_output(command, cwd=tmp_path / "repository", env=env, text=True).strip()

    (tmp_path / "repository" / "course").mkdir(parents=True)
    git("init", "--quiet")
    for text in ("first", "second"):
        (tmp_path / "repository" / "course" / "a.ipynb").write_text(text)
        git("add", ".")
        git("commit", "--quiet", "-m", text)
    git("tag", "-a", "-m", "", "v1", "HEAD~1")
    return git


@pytest.fixture
def fetch(tmp_path):
    def fetch(repository, ref="HEAD"):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["sh", str(IMAGE / "fetch-notebooks.sh"), repository, ref, str(tmp_path / "samples")]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)

    return fetch


@pytest.mark.parametrize(("ref", "text"), [("HEAD", "second"), ("main", "second"), ("v1", "first"), ("", "first")])
def test_a_branch_a_tag_or_a_commit_without_its_history(tmp_path, git, fetch, ref, text):
    commit = git("rev-parse", f"{ref or 'v1'}^{{commit}}")
    address = f"file://{tmp_path}/repository"
    done = fetch(address, ref or commit)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "samples"
    assert (made / "course" / "a.ipynb").read_text() == text
    assert (made / ".source").read_text() == f"{address} {commit}\n"
    assert not (made / ".git").exists()
    assert {path.stat().st_mode & 0o333 & ~0o111 for path in [made, *made.rglob("*")]} == {0}


def test_without_a_repository_there_is_no_folder(tmp_path, fetch):
    assert fetch("").returncode == 0
    assert not (tmp_path / "samples").exists()


@pytest.mark.parametrize(
    ("repository", "ref", "said"),
    [
        ("https://bot:ghp_secret@git.example.org/a.git", "main", "must hold no password"),
        ("https://ghp_secret@git.example.org/a.git", "main", "must hold no password"),
        ("--upload-pack=touch x", "main", "no address"),
        ("file:///tmp/a", "--output=x", "no branch"),
        ("file:///tmp/a", "", "no branch"),
    ],
)
def test_what_is_dangerous_is_refused_without_repeating_a_secret(tmp_path, fetch, repository, ref, said):
    done = fetch(repository, ref)
    assert done.returncode == 2
    assert said in done.stderr
    assert "ghp_secret" not in done.stderr
    assert not (tmp_path / "samples").exists()


@pytest.mark.usefixtures("git")
def test_a_ref_that_is_not_there_fails_the_build(tmp_path, fetch):
    assert fetch(f"file://{tmp_path}/repository", "nosuch").returncode != 0
