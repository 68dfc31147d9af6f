"""Settings `values`, and a whole bot whose hub's values live in a git repository."""

import re
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from bot.wiring.values import values_of
from clients.errors import Unavailable
from clients.values import ReleaseHome
from clients.values.file import FileHome
from clients.values.git import GitHome

RELEASES = SimpleNamespace(deployed=None, current=None)
REPOSITORY = "https://git.example.org/org/hub-config.git"


def home(**values):
    settings = settings_from({"values": values})
    with ExitStack() as stack:
        return values_of(settings, Secrets(settings, stack), RELEASES)


def test_the_release_is_the_home_unless_something_else_is_set():
    assert isinstance(home(), ReleaseHome)


def test_a_file_and_a_repository_say_where_they_are():
    file = home(home="file", file="/etc/hub/config.yaml")
    assert isinstance(file, FileHome)
    assert file.place == "config.yaml"
    git = home(home="git", repository=REPOSITORY, branch="prod", file="hub/config.yaml")
    assert isinstance(git, GitHome)
    assert git.place == "prod:hub/config.yaml of hub-config"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"home": "svn"}, "values.home"),
        ({"home": "git"}, "values.repository"),
        ({"home": "git", "repository": "git@example.org:x.git"}, "values.repository"),
        ({"home": "git", "repository": "https://me:hunter2@example.org/x.git"}, "values.repository"),
        ({"home": "git", "repository": REPOSITORY, "file": "../x"}, "values.file"),
        ({"home": "git", "repository": REPOSITORY, "branch": "a..b"}, "values.branch"),
        ({"home": "git", "repository": REPOSITORY, "branch": "--upload-pack=x"}, "values.branch"),
        ({"home": "git", "repository": REPOSITORY, "author_email": "nobody"}, "values.author_email"),
        ({"home": "file", "file": ""}, "values.file"),
        ({"secrets_file": "/run/secrets/values"}, "secrets (or secrets_file) is for home file or git"),
        ({"secrets": "env:VALUES"}, "secrets (or secrets_file) is for home file or git"),
        ({"home": "file", "secrets": "env:VALUES", "secrets_file": "/v"}, "set secrets or secrets_file, not both"),
        ({"home": "file", "secrets": "hub: {x: hunter2}"}, "values.secrets"),
        ({"token": "hunter2"}, "values.token"),
    ],
)
def test_a_mistake_is_named_by_its_place(values, why):
    with pytest.raises(ConfigError, match=re.escape(why)) as error:
        home(**values)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("place", [{"secrets": "env:HUBS_VALUES"}, {"secrets_file": "{folder}/values.yaml"}])
async def test_secrets_of_the_values_come_from_where_any_secret_may_lie(place, tmp_path, monkeypatch):
    text = "  hub:\n    config: {client_secret: hunter2}\n"
    monkeypatch.setenv("HUBS_VALUES", text)
    (tmp_path / "values.yaml").write_text(text)
    made = home(home="file", **{name: where.format(folder=tmp_path) for name, where in place.items()})
    assert await made.secrets() == {"hub": {"config": {"client_secret": "hunter2"}}}
    monkeypatch.delenv("HUBS_VALUES")
    (tmp_path / "values.yaml").unlink()
    with pytest.raises(Unavailable, match=r"What values\.secrets names cannot be queried"):
        await made.secrets()


def test_a_value_is_committed_and_deployed():
    lines = (
        "/jhub config set singleuser.memory.limit 6G",
        "/jhub config show singleuser.memory",
        "/jhub config diff 3",
    )
    result = CliRunner().invoke(main, ["try", "--users", "10", "--set", "values.home=git", *lines])
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "singleuser.memory.limit is 6G" in said
    assert "limit: 6G" in said
    assert "singleuser.memory.limit 8G 6G" in said
    assert "The values stored in main:config.yaml of hub-config are live" in said
