"""References to secrets: three forms, and a secret itself is refused without being repeated."""

import pytest

from bot.config.loading import settings_from
from bot.config.secret_reference import SecretRef
from bot.config.types import ConfigError

SECRET = "hunter2-3f81c0"
VAULT = "https://hub-bot.vault.azure.net"


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("file:/run/secrets/app", "file", "/run/secrets/app"),
        ("file:secrets/app", "file", "secrets/app"),
        ("env:APP_SECRET", "env", "APP_SECRET"),
        (f"keyvault:{VAULT}/secrets/app", "keyvault", f"{VAULT}/secrets/app"),
        (f"keyvault:{VAULT}/secrets/app/", "keyvault", f"{VAULT}/secrets/app"),
        (f"keyvault:{VAULT}/secrets/app/{'0a' * 16}", "keyvault", f"{VAULT}/secrets/app/{'0a' * 16}"),
    ],
)
def test_a_place_is_read_and_written_alike(text, kind, place):
    made = SecretRef.parse(text)
    assert (made.kind, made.place) == (kind, place)
    assert SecretRef.parse(str(made)) == made


def test_a_secret_in_a_vault_has_its_vault_and_its_name():
    made = SecretRef.parse(f"keyvault:{VAULT}/secrets/app/{'0a' * 16}")
    assert (made.vault, made.name) == (VAULT, f"app/{'0a' * 16}")


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"{SECRET}:x",
        f"env:{SECRET}",
        "env:",
        "env:A B",
        "file:",
        "file: ",
        "",
        None,
        7,
        {"password": SECRET},
        f"keyvault:http://hub-bot.vault.azure.net/secrets/{SECRET}",
        f"keyvault:https://vault.example.org/secrets/{SECRET}",
        f"keyvault:https://vault.azure.net.example.org/secrets/{SECRET}",
        f"keyvault:https://evilvault.azure.net@example.org/secrets/{SECRET}",
        f"keyvault:https://u:{SECRET}@a.vault.azure.net/secrets/a",
        f"keyvault:{VAULT}/secrets/a/{SECRET}",
        f"keyvault:{VAULT}/secrets/../keys/a",
        f"keyvault:{VAULT}/secrets/a?x={SECRET}",
        f"keyvault:{VAULT}/keys/a",
        "keyvault:https://[/secrets/a",
    ],
)
def test_everything_else_is_refused_without_being_repeated(text):
    with pytest.raises(ValueError, match=r"keyvault:https://VAULT") as caught:
        SecretRef.parse(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("place", ["hub.token", "graph.secret", "store.url", "alerts.heartbeat_url", "values.token"])
def test_each_secret_is_a_place_or_a_file(place):
    section, _, name = place.partition(".")
    assert getattr(settings_from({section: {name: "env:X"}}), section).place_of(name) == SecretRef("env", "X")
    by_file = getattr(settings_from({section: {f"{name}_file": "/run/x"}}), section)
    assert by_file.place_of(name) == SecretRef("file", "/run/x")
    assert getattr(settings_from({}), section).place_of(name) is None
    with pytest.raises(ConfigError, match=f"{section}: .*not both"):
        settings_from({section: {name: "env:X", f"{name}_file": "/run/x"}})
    with pytest.raises(ConfigError, match=f"{place}: .*only the place where it is stored") as caught:
        settings_from({section: {name: SECRET}})
    assert SECRET not in str(caught.value)


def test_a_whole_identity_may_have_its_secret_anywhere():
    app = {"app_id": "a", "tenants": ["t"], "app_secret": f"keyvault:{VAULT}/secrets/app"}
    assert settings_from({"teams": app}).teams.place_of("app_secret").name == "app"
    graph = {"identity": "ClientSecret", "tenant_id": "t", "client_id": "c", "secret": "env:X"}
    assert settings_from({"graph": graph}).graph.place_of("secret").kind == "env"
