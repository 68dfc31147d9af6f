"""What has the shape of a secret, found in text and hidden. Pure; what is secret by other signs, others know.

Here, because what the systems outside say goes into the words of errors, and those into chats, logs and records.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

MARK: Final = "[hidden]"

_VALUE: Final = r"""("[^"]*"|'[^']*'|\[hidden\]|[^\s"'&;,)}\]]+)"""
_IS: Final = r"""["']?\s{0,3}(?:=|:(?!/))\s{0,3}"""
_NAMES: Final = (
    r"pass(?:word|wd|phrase)|pwd|(?:client|shared|cookie|app)?[_-]?secret(?:[_-]?(?:value|key|text))?|credentials?|_xsrf|"
    r"(?:auth|api|access|refresh|id|session|sas|bot|hub)?[_-]?token|session[_-]?id|"
    r"(?:api|access|account|shared[_-]?access|private|crypt|encryption|storage|signing)[_-]?key"
)
_RUN_TOGETHER: Final = "(?:Password|Secret|Token|AccessKey|AccountKey|ApiKey|PrivateKey|Signature|Cookie)"
_IN_QUERIES: Final = "code|state|session_state|sig|signature|nonce|assertion|access_token|id_token|key"
# In each, the group is what is hidden; all of it where there is none. None looks ahead over more than one word, so a
# line of any length takes a time in proportion to it.
_SHAPES: Final = tuple(
    re.compile(shape, re.IGNORECASE if folded else 0)
    for shape, folded in (
        # Headers: what proves who asks, and all cookies, to the end of the line or of the quotation.
        (rf"""(?<![A-Za-z])authorization{_IS}["']?([^"']+)""", True),
        (rf"""(?<![A-Za-z])(?:set-)?cookie{_IS}["']?([^"']+)""", True),
        (r"(?<![A-Za-z])bearer\s{1,3}([A-Za-z0-9._~+/=-]{16,})", True),
        (r"(?<![A-Za-z])[Bb]asic\s{1,3}(?=.[A-Za-z0-9+/]*[A-Z0-9])([A-Za-z0-9+/]{8,}={0,2})", False),
        # name=value, name: value, "name": "value", as in JSON, YAML, environments and connection strings.
        (rf"(?<![A-Za-z])(?:{_NAMES}){_IS}{_VALUE}", True),
        # The same for names that are several words run together: clientSecret, SharedAccessSignature.
        (rf"(?<=[A-Za-z0-9]){_RUN_TOGETHER}{_IS}{_VALUE}", False),
        (rf"[?&](?:{_IN_QUERIES})=([^\s&\"']+)", True),
        # user:password@host in an address.
        (r"://[^\s/@:]{0,256}:([^\s/@]+)@", False),
        # JSON Web Tokens; Entra's client secrets; tokens of GitHub, AWS, Slack.
        (r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}", False),
        (r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{20,}", False),
        (
            r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[a-z]-[\w-]{10,})",
            False,
        ),
        # Long runs of what random bytes look like when written down: hexadecimal but for digests, and base64.
        (r"(?<![A-Za-z0-9])(?<!sha256:)(?<!sha512:)[0-9a-fA-F]{32,}(?![A-Za-z0-9])", False),
        (r"(?<![\w/+=.:-])(?!/)(?=[\w/+-]*[a-z])(?=[\w/+-]*[A-Z])(?=[\w/+-]*\d)[\w/+-]{40,}={0,2}", False),
    )
)


def shaped(text: str) -> Iterator[tuple[int, int]]:
    """Where in the text what looks like a secret begins and ends."""
    for shape in _SHAPES:
        yield from (match.span(shape.groups) for match in shape.finditer(text))


def unshaped(text: str) -> str:
    """The text with the mark in place of all that looks like a secret."""
    return hidden(text, shaped(text))


def hidden(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the mark in place of each stretch; stretches that touch become one."""
    shown, end = "", 0
    for begin, until in sorted(span for span in spans if span[0] < span[1]):
        if begin > end or not shown:
            shown += text[end:begin] + MARK
        end = max(end, until)
    return shown + text[end:]
