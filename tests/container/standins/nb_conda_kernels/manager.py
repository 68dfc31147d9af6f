"""Kernels of conda environments, beside those that Jupyter finds by itself."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from traitlets import Bool, Unicode

# Seconds for which a listing holds.
CACHE_TIMEOUT = 60


class CondaKernelSpecManager(KernelSpecManager):
    """Lists each kernel spec of each environment that `conda info` names, instead of the same one found by Jupyter."""

    conda_only = Bool(False, config=True)
    env_filter = Unicode(None, config=True, allow_none=True)
    name_format = Unicode("{0} [conda env:{1}]", config=True)

    _listed: dict[str, KernelSpec] | None = None
    _until = 0.0

    def find_kernel_specs(self):
        """Kernels and the folders of their specs."""
        native = {} if self.conda_only else super().find_kernel_specs()
        known = {name: spec.resource_dir for name, spec in self._conda().items()}
        return {name: folder for name, folder in native.items() if folder not in known.values()} | known

    def get_kernel_spec(self, kernel_name):
        """The spec of a kernel. Raises NoSuchKernel."""
        found = self._conda().get(kernel_name)
        return found or super().get_kernel_spec(kernel_name)

    def _conda(self):
        if self._listed is None or self._until < time.time():
            command = [os.environ.get("CONDA_EXE", "conda"), "info", "--json"]
            info = json.loads(subprocess.check_output(command))
            specs = [spec for path in info["envs"] for spec in self._specs(info["conda_prefix"], path)]
            self._listed, self._until = dict(specs), time.time() + CACHE_TIMEOUT
        return self._listed

    def _specs(self, base, path):
        if self.env_filter and re.search(self.env_filter, path):
            return
        env = _name(base, path)
        for file in sorted(Path(path).glob("share/jupyter/kernels/*/kernel.json")):
            spec = json.loads(file.read_text())
            language = "Python" if spec["display_name"].startswith("Python") else spec["display_name"]
            spec["display_name"] = self.name_format.format(language, env)
            spec["metadata"] = {"conda_env_name": env, "conda_env_path": path}
            kind = {"python3": "py", "ir": "r"}.get(file.parent.name, file.parent.name)
            yield f"conda-env-{env}-{kind}", KernelSpec(resource_dir=str(file.parent), **spec)


def _name(base, path):
    """An environment's name; that of a folder `envs` elsewhere than in the base has its parent's before it."""
    folder = Path(path)
    if path == base:
        return "base"
    elsewhere = folder.parent.name == "envs" and folder.parent != Path(base) / "envs"
    return f"{folder.parent.parent.name}-{folder.name}" if elsewhere else folder.name
