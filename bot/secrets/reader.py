"""Secrets by reference: read from their source whenever they are needed, so that a new one counts soon."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.secret_reference import VAULT_SUFFIXES, SecretRef
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.known import learn
from clients.azure.identity import Token, credential, tokens
from clients.azure.key_vault import SYSTEM as KEY_VAULT
from clients.azure.key_vault import Vault
from clients.errors import NotFound, Rejected, Unavailable

Secret = Callable[[], Awaitable[str]]


class Secrets:
    """Factory of functions that read secrets. Vaults are connected to as references name them, each once.

    One for a process: what a vault gave is kept here for a minute.
    """

    def __init__(self, settings: Settings, stack: contextlib.AsyncExitStack) -> None:
        self._section = settings.key_vault
        self._azure = settings.azure
        self._stack = stack
        self._vaults: dict[str, Vault] = {}

    def of(self, reference: SecretRef, system: str) -> Secret:
        """Return a function that reads the secret. It raises Unavailable of `system`, which names the place.

        Raise ConfigError for a vault that cannot be asked.
        """
        return _bare(self.text(reference, system))

    def text(self, reference: SecretRef, system: str) -> Secret:
        """Do the same for a text: spaces around it are its own."""
        match reference.kind:
            case "file":
                return _learned(_from_file(reference.path, system))
            case "env":
                return _learned(_from_variable(reference.place, system))
        return _learned(_from_vault(self._vault(reference.vault), reference.name, system))

    def maybe(self, reference: SecretRef | None, system: str) -> Secret:
        """Do the same; where nothing is configured, the function raises Unavailable, which says so."""
        return _nowhere(system) if reference is None else self.of(reference, system)

    def _vault(self, address: str) -> Vault:
        if address not in self._vaults:
            try:
                self._vaults[address] = Vault(address, self._token(address))
            except ValueError as error:
                raise ConfigError(f"key_vault: {error}") from None
        return self._vaults[address]

    def _token(self, address: str) -> Token:
        section = self._section
        if section.token_file is not None:
            return from_file(section.token_file, KEY_VAULT)
        audience = _audience(address)
        if section.identity:
            known = credential(section.identity, client_id=section.client_id)
        else:
            known = credential(self._azure.identity, client_id=section.client_id or self._azure.client_id)
        self._stack.push_async_callback(known.close)
        return tokens(known, KEY_VAULT, audience)


def _audience(address: str) -> str:
    """Return the audience of a token for this vault. Raise ValueError for the sandbox's, which knows no identities."""
    host = urlsplit(address).hostname or ""
    for suffix in VAULT_SUFFIXES:
        if host.endswith(suffix):
            return f"https://{suffix.removeprefix('.')}"
    raise ValueError("a vault on this machine is the sandbox's, and needs token_file")


def _learned(read: Secret) -> Secret:
    """Have what `read` returns redacted in log lines from then on."""

    async def learned() -> str:
        learn(text := await read())
        return text

    return learned


def _bare(read: Secret) -> Secret:
    async def bare() -> str:
        return (await read()).strip()

    return bare


def from_file(file: Path, system: str) -> Secret:
    """Return a function that reads the file. It raises Unavailable of `system` where that cannot be read."""
    return _bare(_learned(_from_file(file, system)))


def _from_file(file: Path, system: str) -> Secret:
    async def read() -> str:
        try:
            return await asyncio.to_thread(file.read_text, "utf-8")
        except (OSError, UnicodeDecodeError):
            raise Unavailable(system, "cannot be queried: the file with its secret cannot be read") from None

    return read


def from_secret(secret: Callable[[str], Awaitable[Mapping[str, bytes]]], name: str, key: str, system: str) -> Secret:
    """Return a function that reads the key of a Secret, which `secret` reads by name.

    It raises Unavailable of `system` where there is no such Secret (yet), or no such key in it.
    """

    async def read() -> str:
        try:
            return (await secret(name))[key].decode()
        except NotFound:
            raise Unavailable(
                system, f"cannot be queried: the Secret {name}, which the chart creates, does not exist"
            ) from None
        except (KeyError, UnicodeDecodeError):
            raise Unavailable(system, f"cannot be queried: the Secret {name} has no token under {key}") from None

    return _bare(_learned(read))


def read_now(settings: Settings, reference: SecretRef, system: str) -> str:
    """Return a secret that is needed once, before anything is served: wait for it. Raise Unavailable, ConfigError."""

    async def read() -> str:
        async with contextlib.AsyncExitStack() as stack:
            return await Secrets(settings, stack).of(reference, system)()

    # In a thread of its own, since there may be an event loop here already.
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(asyncio.run, read()).result()


def _from_variable(name: str, system: str) -> Secret:
    async def read() -> str:
        value = os.environ.get(name, "")
        if not value.strip():
            raise Unavailable(system, f"cannot be queried: the variable {name} with its secret is not set")
        return value

    return read


def _from_vault(vault: Vault, name: str, system: str) -> Secret:
    async def read() -> str:
        try:
            return await vault.secret(name)
        except (NotFound, Rejected, Unavailable) as error:
            raise Unavailable(system, f"cannot be queried: {error}") from None

    return read


def _nowhere(system: str) -> Secret:
    async def read() -> str:
        raise Unavailable(system, "cannot be queried: no token is configured")

    return read
