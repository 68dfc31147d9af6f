"""`make -C container`: what it has an engine do, which is a stand-in here that writes down what it was told."""

import os
import shutil
import subprocess

import pytest

from tests.container.homes import IMAGE

AUTHOR = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Checkout:
    """A repository with a copy of container/ in it."""

    def __init__(self, folder):
        self.folder = folder
        self.container = folder / "container"
        shutil.copytree(IMAGE, self.container)
        engine = folder / "docker"
        engine.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"${0%/*}/told"\n')
        engine.chmod(0o755)
        self.env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"} | AUTHOR
        self.git("init", "--quiet")
        self.git("add", "container")
        self.git("commit", "--quiet", "-m", "first")
        self.commit = self.git("rev-parse", "HEAD")

    def git(self, *arguments):
        return subprocess.check_output(
            [shutil.which("git"), *arguments], cwd=self.folder, env=self.env, text=True
        ).strip()

    def make(self, *arguments):
        """Run make: its status, and what it said."""
        command = ["make", "--no-print-directory", "-C", str(self.container), *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=240, check=False)
        return done.returncode, done.stdout + done.stderr

    def told(self):
        """The engine's arguments; none where it was not asked."""
        file = self.folder / "told"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_build_tags_with_the_configured_image_and_the_commit(checkout):
    status, said = checkout.make("build")
    assert status == 0, said
    told = checkout.told()
    assert told[0] == "build"
    assert told[-3:] == ["--tag", f"jhub.azurecr.io/notebook:{checkout.commit[:7]}", "."]
    assert f"REVISION={checkout.commit}" in told
    assert "NOTEBOOKS_REPOSITORY=" in told


def test_push_pushes_the_same(checkout):
    assert checkout.make("push")[0] == 0
    assert checkout.told() == ["push", f"jhub.azurecr.io/notebook:{checkout.commit[:7]}"]


def test_ones_own_configuration_goes_before_the_example(checkout):
    (checkout.container / "config.yaml").write_text(
        "hub:\n  image:\n    name: quay.io/hub\nsingleuser:\n  extraEnv:\n    name: x\n"
        '  image:   # the users\'\n    tag: "1"\n    name: "mine.azurecr.io/lab"  # ours\n'
    )
    checkout.make("push", "TAG=t1")
    assert checkout.told() == ["push", "mine.azurecr.io/lab:t1"]


def test_image_and_tag_can_be_said(checkout):
    checkout.make("push", "IMAGE=other.example.org/a", "TAG=v2")
    assert checkout.told() == ["push", "other.example.org/a:v2"]


def test_a_commits_tag_is_not_pushed_with_something_else_in_it(checkout):
    (checkout.container / "requirements.txt").write_text("other==1\n")
    status, said = checkout.make("push")
    assert status != 0
    assert "commit them" in said
    assert checkout.told() == []
    assert checkout.make("push", "TAG=try")[0] == 0


def test_a_configuration_without_an_image_is_refused(checkout):
    (checkout.container / "config.yaml").write_text("hub: {}\n")
    status, said = checkout.make("build")
    assert status != 0
    assert "config.yaml does not name an image" in said
    assert checkout.told() == []


def test_notebooks_are_of_the_newest_commit_whatever_an_engine_remembers(checkout):
    address = f"file://{checkout.folder}"
    branch = checkout.git("branch", "--show-current")
    assert checkout.make("build", f"NOTEBOOKS_REPOSITORY={address}", f"NOTEBOOKS_REF={branch}")[0] == 0
    assert f"NOTEBOOKS_REPOSITORY={address}" in checkout.told()
    assert f"NOTEBOOKS_REF={checkout.commit}" in checkout.told()


def test_notebooks_that_cannot_be_had_stop_the_build(checkout):
    status, _ = checkout.make("build", f"NOTEBOOKS_REPOSITORY=file://{checkout.folder}/nosuch")
    assert status != 0
    assert checkout.told() == []
