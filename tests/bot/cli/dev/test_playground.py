"""The Playground as a child process: what is said when it does not start or ends, where it listens, that it ends."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.cli.dev import playground
from bot.cli.dev.playground import Emulator, PlaygroundError
from bot.cli.dev.sandbox_process import SandboxWorld

ROLES = ("operator", "approver", "viewer", "admin", "", "")
WORLD = SandboxWorld(
    {
        "tenant_id": "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f",
        "people": [
            {
                "role": role,
                "id": f"user-id-{number}",
                "name": f"Person {number}",
                "upn": f"person{number}@example.org",
                "aad_object_id": f"5d8f2a10-6c1e-4b7a-9f3d-00000000000{number}",
            }
            for number, role in enumerate(ROLES)
        ],
    }
)
# Programs that are started as the Playground is: with its options, and a standard input that closes at the end.
SERVING = """
import http.server, sys, threading
port = int(sys.argv[sys.argv.index("-p") + 1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""
WAITING = "import sys\nsys.stdin.read()\n"
NO_BROWSER = """
import sys
print("Listening on 56150")
print("Error: spawn xdg-open ENOENT", file=sys.stderr)
print("    at ChildProcess._handle.onexit (node:internal/child_process:284:19)", file=sys.stderr)
sys.exit(1)
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
real = pytest.mark.skipif(not playground.available(), reason="needs Node.js and `npm ci`")


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def program(tmp_path):
    def written(text):
        script = tmp_path / "program.py"
        script.write_text(text, encoding="utf-8")
        return (sys.executable, str(script))

    return written


async def _why_not(emulator, tmp_path):
    with pytest.raises(PlaygroundError) as caught:
        async with emulator.running(WORLD, "http://127.0.0.1:1", tmp_path) as started:
            await started.ended()
    return str(caught.value)


async def test_a_playground_that_ends_says_why_in_a_line(program, port, tmp_path):
    why = await _why_not(Emulator(port, program(NO_BROWSER)), tmp_path)
    assert why == "ended with status 1: Error: spawn xdg-open ENOENT"


async def test_one_that_says_nothing_and_one_that_is_killed_are_told_too(program, port, tmp_path):
    assert await _why_not(Emulator(port, program("raise SystemExit(3)")), tmp_path) == "ended with status 3"
    killed = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    assert await _why_not(Emulator(port, program(killed)), tmp_path) == "was ended by signal 9 (Killed)"


async def test_one_that_is_slow_is_not_waited_for_any_longer(program, port, tmp_path):
    why = await _why_not(Emulator(port, program(WAITING), within=0.5), tmp_path)
    assert why == "did not answer within 0.5 seconds"


async def test_one_that_takes_the_connection_and_never_answers_is_slow_as_well(program, port, tmp_path):
    silent = f"import socket\nheld = socket.create_server(('127.0.0.1', {port}))\n{WAITING}"
    why = await _why_not(Emulator(port, program(silent), within=3), tmp_path)
    assert why == "did not answer within 3 seconds"


async def test_one_that_ends_later_is_told_when_it_does(program, port, tmp_path):
    emulator = Emulator(port, program(SERVING + WAITING + "sys.exit('Error: out of paper')"))
    async with emulator.running(WORLD, "http://127.0.0.1:1", tmp_path) as started:
        started.process.stdin.close()
        with pytest.raises(PlaygroundError, match="ended with status 1: Error: out of paper"):
            await started.ended()


async def test_a_program_that_is_not_there_cannot_be_started(port, tmp_path):
    missing = (str(tmp_path / "nosuch"), "x")
    assert not playground.available(missing)
    assert await _why_not(Emulator(port, missing), tmp_path) == "cannot be started: No such file or directory"


def _group(process):
    """The ids of the processes in a session of its own."""
    return [pid for pid in _running() if (fields := _stat(pid)) and fields[3] == str(process.pid)]


def _running():
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _stat(pid):
    """Return what the kernel says of a process from its state on; nothing of one that has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        # Whoever takes in orphans may be slow to ask how they ended.
        return fields if fields[0] != "Z" else []
    return []


def _inodes(pids):
    found = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def _listening(pids):
    """The addresses that these processes listen on, as the kernel writes them."""
    held, lines = _inodes(pids), []
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(FileNotFoundError):
            lines += Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    return [one[1].split(":")[0] for one in fields if one[3] == "0A" and one[9] in held]


def _other_addresses():
    """Addresses of this machine that are not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: the kernel says which address it would send from
        return [probe.getsockname()[0]]
    return []


@real
@on_linux
async def test_it_listens_on_loopback_and_nowhere_else(port, tmp_path):
    async with Emulator(port).running(WORLD, "http://127.0.0.1:1", tmp_path) as started:
        addresses = _listening(_group(started.process))
        assert addresses == ["0100007F"], "127.0.0.1, the lowest byte first"
        for address in _other_addresses():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5)


@real
async def test_without_anything_that_opens_a_browser_it_runs(port, tmp_path, monkeypatch):
    node = Path(playground.shutil.which("node")).resolve()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to(node)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("TEAMSAPPTESTER_BROWSER", "default")
    async with Emulator(port).running(WORLD, "http://127.0.0.1:1", tmp_path) as started:
        async with aiohttp.ClientSession() as session, session.get(started.url) as response:
            assert response.ok
        assert started.process.returncode is None


@real
async def test_a_configuration_that_it_refuses_is_told_from_its_own_log(port, tmp_path):
    fewer = SandboxWorld(WORLD.ready | {"people": WORLD.ready["people"][:2]})
    with pytest.raises(PlaygroundError) as caught:
        async with Emulator(port).running(fewer, "http://127.0.0.1:1", tmp_path):
            pass
    assert "users" in str(caught.value)
    assert "\n" not in str(caught.value)


@real
@on_linux
async def test_it_ends_with_the_process_that_started_it_however_that_ends(port, tmp_path):
    text = f"""
import asyncio, sys
from pathlib import Path
from bot.cli.dev.playground import Emulator
from bot.cli.dev.sandbox_process import SandboxWorld

async def main():
    world, folder = SandboxWorld({WORLD.ready!r}), Path({str(tmp_path)!r})
    async with Emulator({port}).running(world, "http://127.0.0.1:1", folder) as it:
        print(it.process.pid, flush=True)
        await it.ended()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", text, stdout=asyncio.subprocess.PIPE)
    child = int(await asyncio.wait_for(process.stdout.readline(), 60))
    process.kill()
    await process.wait()
    async with asyncio.timeout(30):
        while _stat(child):
            await asyncio.sleep(0.05)


FALLBACK = """
import asyncio, sys
from bot.cli.dev.demo import run
sys.exit(asyncio.run(run(
    arguments=["--empty"], port={port}, playground_port={playground}, terminal=False, program={program!r}, within=60
)))
"""


@pytest.mark.timeout(300)
def test_when_it_ends_the_demo_goes_on_in_the_terminal(program, port, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        playground_port = listener.getsockname()[1]
    ends = program(
        SERVING
        + "import time, pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)\nsys.exit('Error: gone')"
    )
    text = FALLBACK.format(port=port, playground=playground_port, program=ends)
    process = subprocess.Popen(
        [sys.executable, "-c", text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    try:
        said = _until(process, "Ctrl-C ends everything")
        assert f"http://127.0.0.1:{playground_port}" in said
        (folder,) = tmp_path.glob("jhub-demo-*")
        (folder / "go").touch()
        out, errors = process.communicate("/jhub whoami\n", timeout=200)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    assert (process.returncode, errors) == (0, "")
    assert "The Playground ended with status 1: Error: gone. The chat is in this terminal instead.\n" in out
    assert "Alex Wilber" in out
    assert "operator" in out


def _until(process, wanted):
    said = ""
    while wanted not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said
