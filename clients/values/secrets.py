"""The secrets' file: values that neither the home nor the release has, as a first installation's client secret."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from clients.errors import Rejected, Unavailable
from clients.values.document import decoded, parse

SYSTEM: Final = "The secrets' file"


def secret_values(file: Path | None) -> Mapping[str, object]:
    """What it holds, read anew each time: not on the event loop. Raises Unavailable, Rejected (with the line)."""
    if file is None:
        return {}
    try:
        return parse(decoded(file.read_bytes())).values
    except OSError as error:
        raise Unavailable(SYSTEM, "cannot be read: values.secrets_file") from error
    except Rejected as error:
        raise Rejected(SYSTEM, error.code, f"{SYSTEM} cannot be used. {str(error).partition('. ')[2]}") from None
