"""Search that works from a folder of files, where browsers allow no web worker.

Material's plugin `offline` inlines the index, and asks for a stand-in for workers from a public server. The stand-in
is an npm package of the checkout instead (`iframe-worker`, 1.4 KB), copied into the site. Without npm's packages the
search works only where a server serves the site, and the build says so.
"""

import logging
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

_SHIM = Path(__file__).parents[2] / "node_modules" / "iframe-worker" / "shim" / "index.js"
_PLACE = "assets/iframe-worker.js"
_LOG = logging.getLogger("mkdocs.hooks.offline_search")


@event_priority(100)  # before the plugin, which adds the public server's address where it finds no stand-in
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Configure the stand-in, or turn the plugin off if there is none."""
    if _SHIM.exists():
        config.extra["polyfills"] = [_PLACE]
    else:
        _LOG.info("npm's packages are not installed: search will need a web server")
        config.plugins["material/offline"].config.enabled = False
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the stand-in to the site."""
    if _SHIM.exists():
        files.append(File.generated(config, _PLACE, content=_SHIM.read_text("utf-8")))
    return files
