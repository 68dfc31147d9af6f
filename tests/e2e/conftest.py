"""The demo as a newcomer starts it, and a browser that looks at it. Pictures are kept under build/e2e/."""

import asyncio
import contextlib
import re
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.cli.dev import playground

PICTURES = Path(__file__).parents[2] / "build" / "e2e"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_STARTED_WITHIN = 90


@dataclass
class Demo:
    """A running `jhub-bot demo`."""

    process: asyncio.subprocess.Process
    url: str
    kubeconfig: str


@pytest.fixture
async def demo():
    if CHROMIUM is None or not playground.available():
        pytest.fail("the end-to-end test needs Chromium, Node.js and `npm ci`")
    bot_port, playground_port = _free_port(), _free_port()
    command = (str(Path(sys.executable).with_name("jhub-bot")), "demo")
    ports = (f"--port={bot_port}", f"--playground-port={playground_port}")
    process = await asyncio.create_subprocess_exec(*command, *ports, stdout=asyncio.subprocess.PIPE)
    try:
        said = await asyncio.wait_for(_until_ready(process), _STARTED_WITHIN)
        kubeconfig = re.search(r"--kubeconfig (\S+)", said)[1]
        yield Demo(process, re.search(r"http://\S+", said)[0], kubeconfig)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 30)


async def _until_ready(process) -> str:
    said = ""
    while "Ctrl-C" not in said:
        line = await process.stdout.readline()
        if not line:
            pytest.fail(f"the demo ended before it was ready, after saying: {said}")
        said += line.decode()
    return said


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Teams:
    """A person at the Playground's page."""

    page: Page
    _pictures: int = 0

    async def open_channel(self, name: str) -> None:
        await self._open(name, self.page.get_by_role("button", name="Post"))

    async def open_chat(self, name: str) -> None:
        await self._open(name, self.page.locator("[contenteditable=true]").first)

    async def _open(self, name: str, sign: Locator) -> None:
        """Click until the sign is there: a click on a page that is not ready yet is lost."""
        async with asyncio.timeout(120):
            while True:
                await self.page.get_by_text(name, exact=True).first.click()
                with contextlib.suppress(AssertionError):
                    await expect(sign).to_be_visible()
                    return

    async def mention(self, text: str) -> None:
        """Send a message that mentions the bot."""
        editor = self.page.locator("[contenteditable=true]").first
        await editor.click()
        await self.page.keyboard.type("@Jup", delay=20)
        await self.page.get_by_role("menuitem", name="JupyterHub").click()
        await self.page.keyboard.type(f" {text}", delay=5)
        post = self.page.get_by_role("button", name="Post")
        # A chat has no such button.
        await (post.click() if await post.count() else self.page.keyboard.press("Enter"))

    async def say(self, text: str) -> None:
        """Send a message in a chat, where no mention is needed."""
        await self.page.locator("[contenteditable=true]").first.click()
        await self.page.keyboard.type(text, delay=5)
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str, *, within: float = 30) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible(timeout=within * 1000)

    async def picture(self, name: str) -> None:
        self._pictures += 1
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{self._pictures:02}-{name}.png")


@pytest.fixture
async def browser():
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def teams(demo, browser):
    return await _at_the_keyboard(demo, browser)


@pytest.fixture
async def approver(demo, browser):
    """A second person's page: the Playground shows whoever its configuration calls the current user."""

    async def answer(route):
        response = await route.fetch()
        content = await response.json()
        (person,) = [user for user in content["config"]["users"] if user["name"] == "Megan Bowen"]
        content["config"]["currentUser"] = person
        await route.fulfill(response=response, json=content)

    return await _at_the_keyboard(demo, browser, answer)


async def _at_the_keyboard(demo, browser, configuration=None) -> Teams:
    page = await browser.new_page(viewport={"width": 1380, "height": 1500})
    if configuration is not None:
        await page.route("**/_internal/v1/config", configuration)
    await page.goto(demo.url)
    return Teams(page)
