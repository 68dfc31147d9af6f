"""The child that asks JupyterHub's classes: what it gets, what it may, and what becomes of a bad one."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

from clients.errors import Unavailable
from clients.hub_classes import HubClasses
from clients.hub_classes import runner as module

CHILD = Path(module.__file__).with_name("child.py")


def python(tmp_path, body, name="python"):
    """Return a program in a Python's place; it gets the child's arguments and the request."""
    made = tmp_path / name
    made.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    made.chmod(0o755)
    return made


def answering(tmp_path, version, name):
    body = (
        "request = json.load(sys.stdin)\n"
        f"open({str(tmp_path / 'asked')!r}, 'a').write(json.dumps([sys.argv[1:], dict(os.environ), request]) + '\\n')\n"
        f"print(json.dumps({{'versions': {{'jupyterhub': {version!r}}}, 'findings': "
        "[[] for _ in request.get('configs', [])]}))"
    )
    return python(tmp_path, body, name)


def asked(tmp_path):
    return [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]


async def test_values_go_in_by_standard_input_alone(tmp_path):
    classes = HubClasses([answering(tmp_path, "5.5.4", "a")])
    await classes.judged([{"A": {"b": "a-value"}}], "5.5.0")
    arguments, environment, request = asked(tmp_path)[-1]
    assert request == {"configs": [{"A": {"b": "a-value"}}]}
    assert "a-value" not in str(arguments) + str(environment)
    assert set(environment) <= {"LANG", "PATH", "LC_CTYPE"}
    assert arguments[:2] == ["-I", "-B"]


async def test_the_same_question_is_answered_once(tmp_path):
    classes = HubClasses([answering(tmp_path, "5.5.4", "a")])
    await asyncio.gather(*(classes.judged([{"A": {"b": 1}}], "5.5.0") for _ in range(5)))
    assert [request for *_, request in asked(tmp_path)] == [{}, {"configs": [{"A": {"b": 1}}]}]
    await classes.judged([{"A": {"b": 2}}], "5.5.0")
    assert len(asked(tmp_path)) == 3


@pytest.mark.parametrize(
    ("wanted", "judge"), [("5.5.0", "5.5.4"), ("5.2.1", "5.0.0"), ("4.1.6", "4.1.6"), ("4.0.2", "4.1.6")]
)
async def test_the_nearest_version_of_the_same_major_judges(tmp_path, wanted, judge):
    pythons = [answering(tmp_path, one, one) for one in ("5.5.4", "5.0.0", "4.1.6")]
    assert (await HubClasses(pythons).judged([{}], wanted)).judges == f"JupyterHub {judge}"


@pytest.mark.parametrize("wanted", ["6.1.1", "1.4.2", "", "next"])
async def test_another_major_version_does_not_judge(tmp_path, wanted):
    with pytest.raises(Unavailable, match=r"other versions \(JupyterHub 5\.5\.4\) than JupyterHub"):
        await HubClasses([answering(tmp_path, "5.5.4", "a")]).judged([{}], wanted)


BAD = {
    "no JSON": "print('Traceback')",
    "another form": "print('[]')",
    "too few answers": "print(json.dumps({'versions': {'jupyterhub': '5.5.4'}, 'findings': []}))",
    "no findings": "print(json.dumps({'versions': {'jupyterhub': '5.5.4'}, 'findings': [[{'what': 'x'}]]}))",
    "too much": "sys.stdout.write('x' * (2 << 20))",
    "an end": "os._exit(3)",
    "a signal": "os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_a_bad_answer_is_none(tmp_path, body):
    versions = 'if json.load(sys.stdin) == {}:\n    print(\'{"versions": {"jupyterhub": "5.5.4"}}\'); sys.exit()\n'
    with pytest.raises(Unavailable, match="own classes cannot be loaded"):
        await HubClasses([python(tmp_path, versions + body)]).judged([{}], "5.5.0")


async def test_what_does_not_answer_in_time_is_ended(tmp_path):
    body = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); os.fsync(0) if 0 else time.sleep(600)"
    with pytest.raises(Unavailable, match="did not answer within"):
        await HubClasses([python(tmp_path, body)], patience=1).judged([{}], "5.5.0")
    if (tmp_path / "pid").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text() or 2**22 - 1), 0)


async def test_who_stops_waiting_leaves_no_child(tmp_path):
    body = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    asking = asyncio.create_task(HubClasses([python(tmp_path, body)]).judged([{}], "5.5.0"))
    end = time.monotonic() + 60
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_without_any_python_it_says_so(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"not installed here \(hub_classes.pythons\)"):
        await HubClasses().judged([{}], "5.5.0")


async def test_a_python_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="does not start"):
        await HubClasses([tmp_path / "none"]).judged([{}], "5.5.0")


async def test_too_much_is_not_asked(tmp_path):
    classes = HubClasses([answering(tmp_path, "5.5.4", "a")])
    with pytest.raises(Unavailable, match="too large"):
        await classes.judged([{"A": {"b": "x" * (5 << 20)}}], "5.5.0")


CONFINED = """
import runpy, socket, subprocess, sys, os, resource
child = runpy.run_path(sys.argv[1])
child["_confine"]()
for tried in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
    lambda: open(sys.argv[2], "w"),
    lambda: os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT),
    lambda: os.remove(sys.argv[1]),
):
    try:
        tried()
    except PermissionError:
        continue
    sys.exit("done")
print(resource.getrlimit(resource.RLIMIT_AS)[0] > 0, open(sys.argv[1]).read(1) != "")
"""


async def test_the_child_has_no_network_no_process_and_no_file_to_write(tmp_path):
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", CONFINED, str(CHILD), str(tmp_path / "file")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, errors = await child.communicate()
    assert (told, errors) == (b"True True\n", b"")
    assert not (tmp_path / "file").exists()
