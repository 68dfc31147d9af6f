"""The meaning of a plain word of YAML to helm, which differs from that of any YAML library of Python.

Helm reads values with sigs.k8s.io/yaml, a fork of go-yaml 2 (resolve.go), and passes them on as JSON: y, n, on and off
are booleans, 08 and 1e3 are numbers, 0o17 and 0755 are octal, a time of day or a date is a text. The table in
`tests/clients/values/test_words.py` is checked against the real helm.
"""

import math
import re
import struct
from typing import Final

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, bool | float | None]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# Go's strconv.ParseInt with base 0; the underscores are gone by then.
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_BASES: Final = (16, 2, 8, 10)
_SMALLEST: Final = -(1 << 63)
_LARGEST: Final = (1 << 64) - 1
_LARGEST_NAME: Final = (1 << 63) - 1
_LARGEST_FLOAT32: Final = 3.4028234663852886e38
# go-yaml's own yamlStyleFloat.
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Every number reaches the chart as a float64, in which whole ones are exact up to here.
_EXACT: Final = 1 << 53
_MOST_DIGITS: Final = 20
# As many digits as tell one float32 from all others.
_DIGITS_OF_FLOAT32: Final = 9
# Go's %g writes numbers between with no exponent.
_PLAIN_EXPONENTS: Final = range(-4, 6)


def meaning(word: str) -> Scalar:
    """Return the value that helm reads for this unquoted word; infinite numbers, which it refuses, too."""
    value = _exactly(word)
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(float(value)) if isinstance(value, int) and abs(value) > _EXACT else value


def name(word: str) -> str | None:
    """Return the name that helm makes of a plain word before a colon: `on` is “true”. None for one that it refuses."""
    value = _exactly(word)
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            # ParseUint's are no names to sigs.k8s.io/yaml.
            return str(value) if value <= _LARGEST_NAME else None
        case float():
            return _float_name(value)
    return value


def is_plain(text: str) -> bool:
    """Return True if helm reads the unquoted text as this text."""
    return isinstance(_exactly(text), str)


def _exactly(word: str) -> Scalar:
    """Return the value that go-yaml makes of the word, with whole numbers at full precision."""
    if word in _WORDS:
        return _WORDS[word]
    if word[0] not in "+-.0123456789":
        return word
    # After a dot at the beginning go-yaml leaves the underscores in.
    plain = word if word[0] == "." else word.replace("_", "")
    whole = _integer(plain)
    if whole is not None:
        return whole
    value = float(plain) if _FLOAT.fullmatch(plain) else math.inf
    return value if math.isfinite(value) else word


def _integer(plain: str) -> int | None:
    found = _INTEGER.fullmatch(plain)
    if found is None:
        return None
    sign, *digits = found.groups()
    at, written = next((at, one) for at, one in enumerate(digits) if one)
    if _BASES[at] == 10 and len(written) > _MOST_DIGITS:  # noqa: PLR2004 - decimal
        return None
    value = int(f"{sign}{written}", _BASES[at])
    # Go reads what has a sign in 63 bits, and all else in 64.
    return value if _SMALLEST <= value <= (_LARGEST_NAME if sign else _LARGEST) else None


def _float_name(value: float) -> str:
    """Return a number as Go's `%g` writes a float32, in as few digits as identify it; as sigs.k8s.io/yaml has it."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value) or abs(value) > _LARGEST_FLOAT32:
        return ".inf" if value > 0 else "-.inf"
    near = _as_float32(value)
    texts = (f"{near:.{digits}e}" for digits in range(_DIGITS_OF_FLOAT32))
    text = next((one for one in texts if _as_float32(float(one)) == near), str(near))
    digits, _, exponent = text.partition("e")
    if int(exponent) in _PLAIN_EXPONENTS:
        return f"{float(text):.{max(len(digits.lstrip('-').replace('.', '')) - 1 - int(exponent), 0)}f}"
    return text


def _as_float32(value: float) -> float:
    made: float = struct.unpack("f", struct.pack("f", value))[0]
    return made
