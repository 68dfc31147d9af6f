"""`jhub-bot manifest build`: a package that Teams would take, always the same, or a plain word why not."""

import io
import json
import zipfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from bot.cli import app_package
from bot.cli.app_package import package
from bot.cli.main import main
from bot.teams.app_manifest import App

SCHEMAS = Path(__file__).parents[3] / "node_modules/@microsoft/app-manifest/build/json-schemas/teams"
ID, HOST = "3b5e7c1a-9d2f-4e6b-8a0c-5f7d9e1b3c2a", "bot.example.org"
LONGEST = {
    "name": "n" * 30,
    "developer": "d" * 32,
    "website": "https://example.org/" + "w" * 2028,
    "privacy": "https://example.org/privacy?a=b#c",
}


def run(*arguments):
    return CliRunner().invoke(main, ["manifest", "build", *map(str, arguments)])


def made(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return json.loads(archive.read("manifest.json")), archive.namelist(), archive.infolist()


# The schema says that it is of draft 4, and uses one word of a later one.
Validator = jsonschema.validators.extend(
    jsonschema.Draft4Validator, {"const": jsonschema.Draft7Validator.VALIDATORS["const"]}
)


def problems(schema, content):
    validator = Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(content)]


@pytest.fixture(scope="module")
def schema():
    """Microsoft's, of the version that the manifest names."""
    if not SCHEMAS.exists():
        pytest.skip("the schema comes with npm's @microsoft/app-manifest, which is not installed (make setup)")
    content, _, _ = made(package(App(ID, HOST, "1.0.0")))
    folder = SCHEMAS / f"v{content['manifestVersion']}"
    assert content["$schema"].endswith(f"/{folder.name}/MicrosoftTeams.schema.json")
    return json.loads((folder / "MicrosoftTeams.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("more", [{}, LONGEST], ids=["as by default", "as long as may be"])
def test_the_manifest_is_valid_by_microsofts_schema(schema, more):
    content, _, _ = made(package(App(ID, HOST, "10.20.30", **more)))
    assert problems(schema, content) == []


@pytest.mark.parametrize(
    ("path", "value"), [(("bots", 0, "botId"), "x"), (("name", "short"), "n" * 31), (("manifestVersion",), "1.29")]
)
def test_the_schema_finds_what_is_wrong(schema, path, value):
    content, _, _ = made(package(App(ID, HOST, "1.0.0")))
    *outer, last = path
    inner = content
    for step in outer:
        inner = inner[step]
    inner[last] = value
    assert problems(schema, content)


def test_the_package_holds_what_the_manifest_names_and_nothing_else():
    content, names, entries = made(package(App(ID, HOST, "1.0.0")))
    assert sorted(names) == sorted(["manifest.json", *content["icons"].values()])
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for folder in ("a", "b/c"):
        result = run("--app-id", ID, "--host", HOST, "--out", tmp_path / folder)
        assert result.exit_code == 0, result.output
    files = [*tmp_path.rglob("*.zip")]
    assert len(files) == 2
    assert len({file.read_bytes() for file in files}) == 1


def test_it_says_where_the_package_is_and_what_comes_next(tmp_path):
    result = run("--app-id", ID.upper(), "--host", HOST, "--out", tmp_path, "--app-version", "2.0.1", "--name", "Hub")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path}/jhub-bot-teams-app.zip: Hub 2.0.1" in result.stdout
    assert f"https://{HOST}/api/messages" in result.stdout
    content, _, _ = made((tmp_path / "jhub-bot-teams-app.zip").read_bytes())
    assert (content["id"], content["version"]) == (ID, "2.0.1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--app-id", "mine", "--host", HOST), "“mine” is not an app id"),
        (("--app-id", ID, "--host", "https://bot.example.org"), "is not a host name: it has a scheme"),
        (("--app-id", ID, "--host", HOST, "--app-version", "v2"), "three numbers"),
        (("--app-id", ID, "--host", HOST, "--name", "x" * 31), "1 to 30"),
        (("--app-id", ID, "--host", ""), "“” is not a host name"),
        (("--app-id", "", "--host", HOST), "“” is not an app id"),
        (("--app-id", ID), "--host"),
    ],
)
def test_bad_input_is_refused_plainly_with_status_2_and_nothing_is_written(tmp_path, arguments, says):
    result = run(*arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "taken" / "jhub-bot-teams-app.zip").mkdir(parents=True)
    for out in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "taken"):
        result = run("--app-id", ID, "--host", HOST, "--out", out)
        assert result.exit_code == 2
        assert str(out) in result.stderr
        assert "--out" in result.stderr


def test_an_installation_without_the_parts_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(app_package, "_PARTS", tmp_path / "nowhere")
    result = run("--app-id", ID, "--host", HOST, "--out", tmp_path)
    assert result.exit_code == 2
    assert "nowhere/manifest.json: No such file" in result.stderr
    assert "--out" not in result.stderr
