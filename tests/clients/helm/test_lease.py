"""The lease by which a helm that outlives its bot is known."""

import subprocess
import sys

from clients.helm.lease import FileLock


def test_it_is_taken_while_a_child_lives_that_has_inherited_it(tmp_path):
    lease = FileLock(tmp_path / "lock")
    assert not lease.is_taken()
    with lease.taken() as held:
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[held])
        with lease.taken() as second:
            assert second is None
    assert lease.is_taken()
    child.kill()
    child.communicate()
    assert not lease.is_taken()
    with lease.taken() as again:
        assert again is not None
