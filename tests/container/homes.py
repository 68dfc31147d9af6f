"""Temporary homes of somebody who is not root, and what runs in them as in the image."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGE = Path(__file__).parents[2] / "container"
# Nobody's. Root would be let through where a user is not.
_USER = 65534


class Home:
    """A home, the image's files beside it (to be changed as by a later image), and sample notebooks."""

    def __init__(self, folder: Path) -> None:
        """`folder` is empty, and the user may reach it."""
        self.path = folder / "a home"
        self.image = folder / "etc"
        self.samples = folder / "samples"
        shutil.copytree(IMAGE, self.image)
        for made in (self.path, self.samples):
            made.mkdir()
        (self.samples / "intro.ipynb").write_text("{}\n")
        self.give(self.path)

    def give(self, path):
        """Make the user the owner."""
        if os.getuid() == 0:
            os.chown(path, _USER, _USER, follow_symlinks=False)

    def write(self, place, text):
        """A file by the user's own hand."""
        path = self.path / place
        for folder in [*reversed(path.relative_to(self.path).parents)][1:]:
            (self.path / folder).mkdir(exist_ok=True)
            self.give(self.path / folder)
        path.write_text(text)
        self.give(path)

    def read(self, place):
        """The text of a file."""
        return (self.path / place).read_text()

    def start(self, *arguments, through=(), **more):
        """Let the server start: setup.sh, which never fails. Gives what it noted."""
        done = self.run("sh", self.image / "setup.sh", *arguments, through=through, **more)
        assert (done.returncode, done.stdout) == (0, "")
        return done.stderr

    def run(self, *command, through=(), **more):
        """Run a command as the user, in the home."""
        return subprocess.run(
            [*through, *command],
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            **self.who(more),
        )

    def who(self, more):
        """Arguments of `subprocess`: as the user, with nothing of this process's environment but what is given."""
        known = {"PATH": os.environ["PATH"], "HOME": str(self.path), "SAMPLE_NOTEBOOKS": str(self.samples)}
        known |= more.pop("env", {})
        user = {"user": _USER, "group": _USER, "extra_groups": []} if os.getuid() == 0 else {}
        return user | {"env": known} | more

    def tree(self):
        """Everything in the home, by path: its kind, when it was last changed, and which file it is."""
        return {
            str(path.relative_to(self.path)): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_ino)
            for path in sorted(self.path.rglob("*"))
        }


@contextmanager
def home() -> Iterator[Home]:
    """One of its own: pytest's folders are closed to everybody but root."""
    with tempfile.TemporaryDirectory(prefix="jhub-home-") as folder:
        Path(folder).chmod(0o755)
        made = Home(Path(folder))
        try:
            yield made
        finally:
            made.path.chmod(0o755)


def can(*command):
    """Does this machine let the user do that?"""
    user = {"user": _USER, "group": _USER, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=240, **user).returncode == 0
    except OSError:
        return False
