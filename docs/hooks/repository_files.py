"""Links that leave docs/ (`../container/Dockerfile`) lead to a copy of that file in the site, so that none is dead.

On GitHub the same links work as they are written.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\((?P<target>\.\./[^)#\s]+|[\w./-]+)(?P<anchor>#[^)\s]*)?\)")
_PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")  # pages of the site that live beside docs/


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that live beside docs/, and every file that a page links to outside of it."""
    for name in _PAGES:
        files.append(File.generated(config, name, abs_src_path=str(_ROOT / name)))
    for path in sorted(_linked(Path(config.docs_dir))):
        files.append(File.generated(config, _copy(path), content=(_ROOT / path).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to the copies. A broken link stays, and strict mode names it."""
    del config, files

    def led(found: re.Match[str]) -> str:
        path = _outside(page.file.src_uri, found["target"])
        if path is None:
            return found[0]
        up = "../" * (len(PurePosixPath(page.file.src_uri).parts) - 1)
        return f"]({up}{_place(path)}{found['anchor'] or ''})"

    return _LINK.sub(led, markdown)


def _linked(docs: Path) -> set[str]:
    sources = {path.relative_to(docs).as_posix(): path for path in docs.rglob("*.md")}
    sources |= {name: _ROOT / name for name in _PAGES}
    found = {
        _outside(source, link["target"])
        for source, path in sources.items()
        for link in _LINK.finditer(path.read_text("utf-8"))
    }
    return {path for path in found if path and path not in _PAGES and not path.startswith("docs/")}


def _outside(source: str, target: str) -> str | None:
    """Return the path in the repository of a linked file, None if it is not a file or already where the page says."""
    home = PurePosixPath("" if source in _PAGES else "docs") / PurePosixPath(source).parent
    path = normpath((home / target).as_posix())
    stays = path.startswith("docs/") and source not in _PAGES
    return None if stays or path.startswith("..") or not (_ROOT / path).is_file() else path


def _place(path: str) -> str:
    """Return the place of the file in the site's sources."""
    if path in _PAGES:
        return path
    return path.removeprefix("docs/") if path.startswith("docs/") else _copy(path)


def _copy(path: str) -> str:
    return f"files/{path}.txt"
