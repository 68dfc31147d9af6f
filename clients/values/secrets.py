"""The secrets' values: those that neither the home nor the release has, as a first installation's client secret."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from clients.errors import Rejected
from clients.values.document import decoded, parse

SYSTEM: Final = "What values.secrets names"
# A way to read the text in which they are: YAML, in the form of the home's file.
Text = Callable[[], Awaitable[str]]


async def secret_values(text: Text | None) -> Mapping[str, object]:
    """Return the values in the text, read anew each time; none without a text.

    Raise Rejected (with the line), and what `text` raises.
    """
    if text is None:
        return {}
    try:
        return parse(decoded((await text()).encode())).values
    except Rejected as error:
        raise Rejected(SYSTEM, error.code, f"{SYSTEM} cannot be used. {str(error).partition('. ')[2]}") from None
