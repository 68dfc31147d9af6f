"""The cells that a test runs in the server's Python, and what each has to give. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clients.jupyter import CellResult

_SILENT: Final = (
    "The server answers, so it is its kernel that does not work. Usual causes are too little memory (“/jhub "
    "config show singleuser.memory”, or the profile’s own limit), or an image whose kernel is broken (“/jhub history” "
    "shows what changed, “/jhub rollback” goes back). The test’s server is removed, and its log with it."
)
_IMAGE: Final = (
    "The image has to have them (test.packages): /jhub rollback goes back to the one before, /jhub image build makes "
    "another."
)


@dataclass(frozen=True)
class NotebookCell:
    """A cell. `title` says what it shows, `value` is the text that it has to give; any if that is empty.

    `way` is what to do where it fails, a sentence.
    """

    title: str
    code: str
    value: str = ""
    way: str = ""

    def problem(self, result: CellResult) -> str:
        """Return what is wrong with its result; empty if it is right."""
        if result.error:
            return f"the cell failed: {result.error}"
        if self.value and result.value != self.value:
            return f"the cell gave {result.value or 'nothing'} instead of {self.value}"
        return ""


def cells(packages: Sequence[str], mark: str) -> tuple[NotebookCell, ...]:
    """Return the cells of a test; `mark` is a word that is written into the home."""
    home = (
        "import pathlib\n"
        f"_file = pathlib.Path.home() / '.jhub-bot-test-{mark}'\n"
        f"_file.write_text('{mark}')\n"
        "_read = _file.read_text()\n"
        "_file.unlink()\n"
        "_read"
    )
    made = [
        NotebookCell("1 + 1", "1 + 1", "2", _SILENT),
        NotebookCell("File in the home", home, repr(mark), "/jhub storage doctor looks at the homes."),
    ]
    if packages:
        made.append(NotebookCell("Imports", _imports(packages), way=_IMAGE))
    return tuple(made)


def _imports(packages: Sequence[str]) -> str:
    """Return a cell that imports all of them, and raises what is wrong with those that cannot be."""
    return (
        "import importlib\n"
        "_failed = []\n"
        f"for _name in {list(packages)!r}:\n"
        "    try:\n"
        "        importlib.import_module(_name)\n"
        "    except BaseException as _error:\n"
        "        _failed.append(f'{_name} ({type(_error).__name__}: {_error})')\n"
        "if _failed:\n"
        "    raise ImportError('; '.join(_failed))"
    )
