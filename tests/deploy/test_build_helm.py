"""How Helm is built from its Go modules: by the right hashes or not at all. A stand-in for Go answers as Go does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.helm.program import built, cache
from clients.helm.version import parse

GO = """#!{python}
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
told = json.loads((folder / "told.json").read_text())
with (folder / "asked").open("a") as asked:
    asked.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "mod":
    module, version = sys.argv[4].split("@")
    print(json.dumps(dict(told["module"][module], Dir=str(folder))))
else:
    target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
    target.write_text("#!/bin/sh\\necho 'version.BuildInfo{{Version:\\"v" + told["says"] + "\\"}}'\\n")
    target.chmod(0o755)
"""


class Go:
    """The stand-in: what it answers, and what it was asked."""

    def __init__(self, folder, pins):
        self.folder = folder
        self.module = {
            pin.module: {"Version": f"v{pin.version}", "Sum": pin.archive, "GoModSum": pin.go_mod}
            for pin in pins.values()
        }
        program = folder / "go"
        program.write_text(GO.format(python=sys.executable))
        program.chmod(0o755)
        (folder / "go.mod").write_text("module m\n\nrequire (\n\tk8s.io/client-go v0.37.0\n)\n")
        self.says("3.22.0")

    def says(self, version):
        (self.folder / "told.json").write_text(json.dumps({"module": self.module, "says": version}))

    @property
    def asked(self):
        file = self.folder / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def build(script):
    return script("image", "build_helm")


@pytest.fixture
def go(build, tmp_path, monkeypatch):
    folder = tmp_path / "go"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Go(folder, build.PINS)


def test_what_has_the_right_hashes_is_built_once(build, go, tmp_path, capsys):
    into = tmp_path / "helms"
    assert build.main(["3", "--into", str(into)]) == 0
    assert "built now" in capsys.readouterr().out
    assert sorted(one.name for one in into.iterdir()) == ["helm-v3.22.0", "helm-v3.22.0.sha256"]
    assert build.main(["3", "--into", str(into)]) == 0
    assert "was there" in capsys.readouterr().out
    download, compiled = go.asked
    assert download == ["mod", "download", "-json", "helm.sh/helm/v3@v3.22.0"]
    assert {"build", "-mod=readonly", "-trimpath", "./cmd/helm"} <= set(compiled)
    (flags,) = [word for word in compiled if word.startswith("-ldflags=")]
    assert "-X helm.sh/helm/v3/internal/version.version=v3.22.0" in flags
    assert "-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=37" in flags


def test_one_that_was_changed_is_built_anew(build, go, tmp_path):
    build.main(["3", "--into", str(tmp_path)])
    (tmp_path / "helm-v3.22.0").write_text("something else")
    assert build.main(["3", "--into", str(tmp_path)]) == 0
    assert build.is_whole(tmp_path / "helm-v3.22.0")
    assert len(go.asked) == 4


@pytest.mark.parametrize("which", ["Sum", "GoModSum"])
def test_another_hash_is_refused_before_anything_is_compiled(build, go, tmp_path, capsys, which):
    go.module["helm.sh/helm/v3"][which] = "h1:AAAA="
    go.says("3.22.0")
    into = tmp_path / "helms"
    assert build.main(["3", "--into", str(into)]) == 1
    assert "has the hash h1:AAAA=, not h1:" in capsys.readouterr().err
    assert list(into.iterdir()) == []
    assert len(go.asked) == 1


def test_one_that_calls_itself_otherwise_is_not_kept(build, go, tmp_path, capsys):
    go.says("3.21.0")
    assert build.main(["3", "--into", str(tmp_path / "helms")]) == 1
    assert "says that it is 3.21.0, not 3.22.0" in capsys.readouterr().err
    assert list((tmp_path / "helms").iterdir()) == []


def test_without_go_a_sentence_says_so(build, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build.main(["--into", str(tmp_path / "helms")]) == 1
    assert capsys.readouterr().err == "Helm 3.22.0: Go was not found on the PATH: it is needed to build Helm\n"


def test_what_is_built_is_found_by_the_bot(build, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.cache() == cache()
    names = {build.NAME.format(version=pin.version) for pin in build.PINS.values()}
    cache().mkdir(parents=True)
    for name in names:
        (cache() / name).touch(mode=0o755)
    (cache() / "helm-v3.22.0.sha256").touch(mode=0o755)
    assert {path.name for path in built().values()} == names
    assert {parse(version).major for version in built()} == {3, 4}


@pytest.mark.parametrize("major", ["3", "4"])
def test_what_make_helm_has_built_says_its_version(build, major):
    pin = build.PINS[major]
    path = built().get(pin.version)
    if path is None:
        pytest.skip(f"Helm {pin.version} is not in this machine's cache: `make helm` builds it where Go is")
    assert build.is_whole(Path(path))
    done = subprocess.run(
        [path, "version"], capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )
    assert f'Version:"v{pin.version}"' in done.stdout
