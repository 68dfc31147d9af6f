"""The transport of Azure's SDKs: a session that follows the rules of `clients.http`, as every other client does."""

import asyncio

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport

from clients.http import session


class Transport(AioHttpTransport):  # type: ignore[misc] # azure-core gives it out by a module's __getattr__
    """A transport for `url`, whose session is made on first use: an SDK may be created without a loop.

    Between two tries SDKs wait for as long as an answer's `Retry-After` says; here at most `patience` seconds.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        super().__init__()
        self._url = url
        self._patience = patience
        self._made: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session, once. After `close` the base class refuses requests."""
        if self._made is None:
            # Its calls are counted where their answers are known, in `clients.azure.pipeline`.
            self.session = self._made = session("", self._url)
        await super().open()

    async def sleep(self, duration: float) -> None:
        """Wait for `duration` seconds, at most `patience`."""
        await asyncio.sleep(min(duration, self._patience))
