"""setup.sh where a home cannot be written to, is full, or there is no network: the server starts all the same."""

import pytest

from tests.container.homes import IMAGE, can

CONDARC = ".condarc"
# A namespace of its own, in which even nobody may mount.
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "--net")
needs_namespaces = pytest.mark.skipif(not can(*_NAMESPACE, "true"), reason="this machine lets nobody make namespaces")


def handed(home):
    return home.read(CONDARC) == (IMAGE / "condarc").read_text()


def test_a_read_only_home_gets_nothing_until_it_can_be_written_to(home):
    home.path.chmod(0o555)
    noted = home.start()
    assert "cannot write .condarc: the home is full or read-only" in noted
    assert home.tree() == {}
    home.path.chmod(0o755)
    assert home.start() == ""
    assert handed(home)


def test_a_home_that_became_read_only_keeps_what_it_has(home):
    home.start()
    before = home.tree()
    (home.image / "condarc").write_text("later")
    home.path.chmod(0o555)
    assert "cannot write .condarc" in home.start()
    assert home.tree() == before
    assert handed(home)


def test_where_no_file_may_grow_nothing_half_is_left(home):
    """As on a full disk: files can be made, but not a byte can be written."""
    home.start()
    (home.image / "condarc").write_text("later")
    (home.path / ".jupyter/jupyter_server_config.json").unlink()

    no_byte = ("sh", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "sh")
    assert "cannot write .condarc" in home.start(through=no_byte)
    assert handed(home)
    assert [path for path in home.tree() if "jhub-" in path and "jhub-image" not in path] == []


# What is done on a disk of its own: filled, the server's start, what is in the home then, room, another start.
_FULL_DISK = """
set -e
mount -t tmpfs -o size=32k,mode=755 tmpfs "$HOME"
dd if=/dev/zero of="$HOME/big" bs=4k 2>/dev/null || true
sh "$1"
cd "$HOME"
echo "full: $(find . -type f -size +0 | sort | tr '\\n' ' ')"
rm big
sh "$1"
cmp .condarc "$2"
echo "room: $(find . -type f | sort | tr '\\n' ' ')"
"""


@needs_namespaces
def test_a_full_disk_gets_nothing_half_and_everything_once_there_is_room(home):
    done = home.run("sh", "-c", _FULL_DISK, "sh", home.image / "setup.sh", home.image / "condarc", through=_NAMESPACE)
    assert done.returncode == 0, done.stderr
    full, room = done.stdout.splitlines()
    assert full == "full: ./big "
    assert "cannot write .condarc: the home is full or read-only" in done.stderr
    assert "./.condarc ./.jupyter/jupyter_server_config.json" in room
    assert ".jhub-" not in room


@needs_namespaces
def test_a_disk_mounted_read_only_does_not_stop_it(home):
    script = 'mount -t tmpfs -o ro tmpfs "$HOME" && exec sh "$1"'
    done = home.run("sh", "-c", script, "sh", home.image / "setup.sh", through=_NAMESPACE)
    assert done.returncode == 0
    assert "cannot write .condarc" in done.stderr


@needs_namespaces
def test_it_needs_no_network(home):
    assert home.start(through=("unshare", "--user", "--net")) == ""
    assert handed(home)
