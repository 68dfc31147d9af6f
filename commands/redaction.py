"""What must not be read in a chat, found in text: secrets that are known, and what has the shape of one. Pure.

All places are found in the text as it is, and only then hidden: two secrets that overlap are hidden as a whole, and
no piece of one is left beside the mark.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

MARK: Final = "[hidden]"

# A secret of fewer characters is hidden where it stands as a word of its own; of fewer than the second, never: it
# would hide half of every line, and is none.
_ANYWHERE: Final = 8
_SHORTEST: Final = 4

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
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY-{0,5}")


class Redactor:
    """Hides secrets in lines that come one after the other, `known` ones and those that look like some.

    Lines are looked at as they are shown: characters that nobody would see must be gone before.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        wanted = {one for one in known if len(one) >= _SHORTEST and one not in MARK}
        self._long = sorted(one for one in wanted if len(one) >= _ANYWHERE)
        short = "|".join(re.escape(one) for one in sorted(wanted - set(self._long), key=lambda one: (-len(one), one)))
        self._short = re.compile(rf"(?<![A-Za-z0-9])(?:{short})(?![A-Za-z0-9])") if short else None
        self._in_key = False

    def line(self, text: str) -> str:
        """The line without secrets. A private key that was begun is hidden until its end, however many lines on."""
        spans = [*self._of_known(text), *_of_shapes(text), *self._of_key(text)]
        hidden = _hidden(text, spans)
        # The mark itself may have completed one: text around it is people's, and people can be clever.
        return MARK if any(one in hidden for one in self._long) else hidden

    def lines(self, texts: Sequence[str]) -> list[str]:
        """Each of the lines without secrets."""
        return [self.line(text) for text in texts]

    def _of_known(self, text: str) -> Iterator[tuple[int, int]]:
        for secret in self._long:
            at = text.find(secret)
            while at >= 0:
                yield at, at + len(secret)
                at = text.find(secret, at + 1)
        if self._short:
            yield from (match.span() for match in self._short.finditer(text))

    def _of_key(self, text: str) -> Iterator[tuple[int, int]]:
        begin = 0 if self._in_key else -1
        for match in re.finditer(f"{_BEGIN.pattern}|{_END.pattern}", text):
            if _BEGIN.match(match[0]):
                begin = match.start() if begin < 0 else begin
            elif begin >= 0:
                yield begin, match.end()
                begin = -1
        self._in_key = begin >= 0
        if begin >= 0:
            yield begin, len(text)


def _of_shapes(text: str) -> Iterator[tuple[int, int]]:
    for shape in _SHAPES:
        yield from (match.span(shape.groups) for match in shape.finditer(text))


def _hidden(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the mark in place of each stretch; stretches that touch become one."""
    shown, end = "", 0
    for begin, until in sorted(span for span in spans if span[0] < span[1]):
        if begin > end or not shown:
            shown += text[end:begin] + MARK
        end = max(end, until)
    return shown + text[end:]
