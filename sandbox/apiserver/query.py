"""Single values of a request's query."""

from collections.abc import Mapping

from sandbox.apiserver.objects.errors import bad_request

_TRUE = ("true", "1", "t", "True", "TRUE", "T")


def number(query: Mapping[str, str], name: str) -> int:
    """Return a whole number from zero, 0 if it is missing. Raise ApiError 400 for anything else."""
    text = query.get(name, "")
    if not text:
        return 0
    if not text.isascii() or not text.isdigit():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax: {name}')
    return int(text)


def truth(query: Mapping[str, str], name: str) -> bool:
    """Return True if the parameter is true in any spelling that Go's ParseBool accepts."""
    return query.get(name, "") in _TRUE
