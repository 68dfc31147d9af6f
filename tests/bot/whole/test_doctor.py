"""Doctor against a whole sandbox: all fine when all is well; what is broken is exactly one line, until it is mended."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from bot.cli.dev.sandbox_process import SandboxWorld
from bot.config.loading import settings_from
from bot.wiring.application import examining
from cards.views import Lines, Table, Tone
from commands.diagnostics import doctor
from sandbox.apiserver.objects.resource_kinds import POD
from sandbox.internet.tls import Serving
from sandbox.scenario.bare_cluster import PURPOSE
from sandbox.server import Options, running

# What is broken, and the words that its line and its remedy have.
BROKEN = {
    "fallback": ("HTTPS: host, contact, certificate", "Traefik's default", "/jhub cert"),
    "another client": ("Login type", "to a client or tenant other", "/jhub history"),
    "callback unknown": (
        "Callback",
        "The hub's callback is missing in the app registration",
        "Add https://hub.example.org/hub/",
    ),
    "open to all": ("Who gets in", "Everybody in the tenant", "Require assignment"),
    "secret ends": ("Client secret", "valid for only 6 days", "/jhub auth rotate"),
    "secret expired": ("Client secret", "does not accept it", "/jhub auth rotate"),
    "no label": ("Users' pool", "no pool has the label", "/jhub pool create users"),
    "no taint": ("Users' pool", "has no taint", "/jhub pool create"),
    "pool failed": ("Users' pool", "is in state Failed", "/jhub nodes"),
    "autoscaler off": ("Autoscaler", "stays at", "/jhub autoscale users 0 5"),
    "dashboard on": ("Dashboard", "it is enabled", "/jhub dashboard disable"),
    "no measurements": ("How full homes are", "has no measurement of a volume", "--enable-azure-monitor-metrics"),
    "tag gone": ("Image", "the registry does not have", "/jhub images"),
    "old helm": ("Helm", "CVE-2025-53547", "Run a newer Helm"),
    "permission": ("The bot in Kubernetes", "may not delete persistentvolumeclaims", "bot's Role"),
}


class Breakage:
    """Breaks one thing of a sandbox, and mends it."""

    def __init__(self, sandbox, helm):
        self.sandbox = sandbox
        self.helm = helm
        (self.app,) = sandbox.applications.by_app_id.values()
        self.pool = sandbox.managed_cluster.pools["users"]
        self.images = sandbox.builds.registry.repositories["notebook"]

    def of(self, what):
        secret = max(self.app.passwords, key=lambda one: one.end)
        now, unlabelled = self.sandbox.clock.now(), {k: v for k, v in self.pool.labels.items() if k != PURPOSE}
        ways = {
            "fallback": lambda: self._served(Serving.TRAEFIK_DEFAULT),
            "another client": lambda: self._started_with("client_id", "5d8f2a10-6c1e-4b7a-9f3d-00000000dead"),
            "callback unknown": lambda: _set(self.app, redirect_uris=[]),
            "open to all": lambda: _set(self.app, assigned_only=False),
            "secret ends": lambda: _set(secret, end=now + timedelta(days=6, hours=1)),
            "secret expired": lambda: _set(secret, end=now - timedelta(hours=1)),
            "old helm": lambda: _saying(self.helm, "3.17.3"),
            "no label": lambda: _set(self.pool, labels=unlabelled),
            "no taint": lambda: _set(self.pool, taints=()),
            "pool failed": lambda: _set(self.pool, state="Failed"),
            "autoscaler off": lambda: _set(self.pool, autoscaled=False),
            "dashboard on": lambda: _set(self.sandbox.managed_cluster, addons={"kubeDashboard": True}),
            "no measurements": lambda: _set(self.sandbox.prometheus, fault="bare"),
            "tag gone": self._untagged,
            "permission": lambda: _set(self.sandbox.store, denied={"delete persistentvolumeclaims"}),
        }
        return ways[what]()

    @contextmanager
    def _untagged(self):
        kept = self.images.pop("3f9a41c")
        yield
        self.images["3f9a41c"] = kept

    @contextmanager
    def _served(self, serving):
        self.sandbox.certificates.switch(serving)
        yield
        self.sandbox.certificates.switch(Serving.PROPER)

    @contextmanager
    def _started_with(self, name, value):
        """The hub runs with other settings than those that are installed."""
        for its in self.sandbox.sign_in._by_pod.values():
            before, its[name] = its[name], value
        yield
        for its in self.sandbox.sign_in._by_pod.values():
            its[name] = before


def put(helm, version):
    """A helm that says its version: which one a machine has is not what is tried here."""
    helm.write_text(f"#!/bin/sh\necho 'version.BuildInfo{{Version:\"v{version}\"}}'\n", encoding="utf-8")
    helm.chmod(0o755)
    return helm


@contextmanager
def _saying(helm, version):
    put(helm, version)
    yield
    put(helm, "4.3.2")


@contextmanager
def _set(thing, **changes):
    before = {name: getattr(thing, name) for name in changes}
    for name, value in changes.items():
        setattr(thing, name, value)
    yield
    for name, value in before.items():
        setattr(thing, name, value)


@pytest.fixture
async def sandbox():
    async with running(Options(users=0)) as started:
        yield started


async def examined(reads):
    view = await doctor.run(doctor.Args(), reads)
    (table,) = [section for section in view.sections if isinstance(section, Table)]
    mends = [line for section in view.sections if isinstance(section, Lines) for line in section.lines]
    return view, {row[0].text: row[1] for row in table.rows}, " ".join(mends)


async def test_what_is_broken_is_one_line_with_its_remedy_and_fine_once_it_is_mended(sandbox, tmp_path, monkeypatch):
    monkeypatch.delenv("JHUB_BOT_RELEASE__HELM", raising=False)
    helm = put(tmp_path / "helm-of-the-test", "4.3.2")
    given = SandboxWorld(sandbox.ready).settings(tmp_path)
    settings = settings_from(given | {"release": given["release"] | {"helm": str(helm)}})
    breakage = Breakage(sandbox, helm)
    async with examining(settings) as reads:
        view, lines, mends = await examined(reads)
        assert ({cell.text for cell in lines.values() if cell.tone is not Tone.GOOD}, mends) == (set(), "")
        assert view.tone is Tone.GOOD
        for what, (title, words, mend) in BROKEN.items():
            with breakage.of(what):
                view, lines, mends = await examined(reads)
            assert [name for name, cell in lines.items() if cell.tone is not Tone.GOOD] == [title], what
            assert words in lines[title].text, what
            assert mend in mends, what
            assert view.tone is not Tone.GOOD
        _, lines, _ = await examined(reads)
        assert {cell.tone for cell in lines.values()} == {Tone.GOOD}
        sandbox.directory.fault = "absent"
        _, lines, _ = await examined(reads)
        assert "Microsoft Graph cannot be reached" in lines["The bot in Microsoft Graph"].text
        assert lines["The bot in Kubernetes"].tone is Tone.GOOD
        assert sandbox.store.list(POD, "jhub")
