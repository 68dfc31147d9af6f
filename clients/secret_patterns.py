"""Patterns that find text shaped like a secret, and hide it. Pure; secrets known by other means are hidden elsewhere.

It is among the clients because what the outside systems say goes into the words of errors, and those into chats, logs
and records.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from clients.secret_rules import ruled

MARK: Final = "[hidden]"

_VALUE: Final = r"""("[^"]*"|'[^']*'|\[hidden\]|[^\s"'&;,)}\]]+)"""
_IS: Final = r"""["']?\s{0,3}(?:=|:(?!/))\s{0,3}"""
_NAMES: Final = (
    r"pass(?:word|wd|phrase|code)|(?<=[_-])pass|pwd|(?:client|shared|cookie|app)?[_-]?secret(?:[_-]?(?:value|key|text))?|credentials?|_xsrf|"
    r"(?:auth|api|access|refresh|id|session|sas|bot|hub)?[_-]?token|session[_-]?id|"
    r"(?:api|access|account|shared[_-]?access|private|crypt|encryption|storage|signing)[_-]?key"
)
_RUN_TOGETHER: Final = "(?:Password|Secret|Token|AccessKey|AccountKey|ApiKey|PrivateKey|Signature|Cookie)"
_IN_QUERIES: Final = "code|state|session_state|sig|signature|nonce|assertion|access_token|id_token|key"
# What each of the names has in it, and run together too.
_WORDS: Final = "pass pwd secret credential xsrf token session key signature cookie"
# In each, the group is what is hidden; all of it where there is none. None looks ahead over more than one word, so a
# line of any length takes a time in proportion to it. A pattern is tried only where the line has one of the words
# behind it, in lower case: finding these takes a hundredth of the time.
_SHAPES: Final = tuple(
    (shape, re.IGNORECASE if folded else 0, tuple(needles.split()))
    for shape, folded, needles in (
        # Headers: what proves who asks, and all cookies, to the end of the line or of the quotation.
        (rf"""(?<![A-Za-z])authorization{_IS}["']?([^"']+)""", True, "authorization"),
        (rf"""(?<![A-Za-z])(?:set-)?cookie{_IS}["']?([^"']+)""", True, "cookie"),
        (r"(?<![A-Za-z])bearer\s{1,3}([A-Za-z0-9._~+/=-]{16,})", True, "bearer"),
        (r"(?<![A-Za-z])[Bb]asic\s{1,3}(?=.[A-Za-z0-9+/]*[A-Z0-9])([A-Za-z0-9+/]{8,}={0,2})", False, "basic"),
        # name=value, name: value, "name": "value", as in JSON, YAML, environments and connection strings.
        (rf"(?<![A-Za-z])(?:{_NAMES}){_IS}{_VALUE}", True, _WORDS),
        # The same for names that are several words run together: clientSecret, SharedAccessSignature.
        (rf"(?<=[A-Za-z0-9]){_RUN_TOGETHER}{_IS}{_VALUE}", False, _WORDS),
        (rf"[?&](?:{_IN_QUERIES})=([^\s&\"']+)", True, "? &"),
        # The same as flags of a command, and the ways of some to take a password.
        (rf"(?<!\S)--(?:[a-z]{{1,16}}-){{0,3}}(?:{_NAMES})\s{{1,3}}{_VALUE}", True, "--"),
        (r"(?<!\S)(?:-u|--(?:proxy-)?user)[\s=]{0,3}[\"']?[^\s:\"']{1,128}:(?!\d+(?!\S))([^\s\"']+)", False, "-u --"),
        (r"(?<![\w-])(?:sshpass|mysql\w{0,5}|mariadb)\s[^\n|;]{0,80}?(?<=\s)-p\s?([^\s-]\S*)", False, "-p"),
        (
            r"(?<![\w-])(?:redis-cli\s[^\n|;]{0,80}?(?<=\s)-a|login\s[^\n|;]{0,120}?(?<=\s)-p)\s{1,3}(\S+)",
            False,
            "-a -p",
        ),
        (r"(?<!\S)login\s{1,3}\S{1,128}\s{1,3}password\s{1,3}(\S+)", False, "login"),
        # Docker's own: user and password as base64.
        (r"[\"']_?auth[\"']\s{0,3}:\s{0,3}[\"']([A-Za-z0-9+/=]{8,})", True, "auth"),
        (
            r"(?<![A-Za-z])_?auth\s{0,3}[:=]\s{0,3}(?=[A-Za-z+/]*\d)(?=[a-z\d+/]*[A-Z])([A-Za-z0-9+/]{12,}={0,2})",
            False,
            "auth",
        ),
        # user:password@host in an address; a password may have any character in it.
        (r"://[^\s/@:]{0,256}:(?!\d{1,5}/)([^\s\"'<>]{1,256})@", False, "://"),
        # Addresses that are secrets themselves: whoever has one may post there.
        (r"https?://hooks?\.[\w.-]{1,200}/([^\s\"'<>]+)", True, "://hook"),
        (
            r"https?://[\w.-]{1,200}/(?:[\w-]{1,40}/){0,4}(?:(?:web|incoming)-?)?hooks?(?:b2)?/([^\s\"'<>]+)",
            True,
            "hook",
        ),
        # JSON Web Tokens; Entra's client secrets; tokens of GitHub, AWS, Slack.
        (r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}", False, "eyj"),
        (r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{20,}", False, "q~"),
        (
            r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[a-z]-[\w-]{10,})",
            False,
            "gh akia asia xox",
        ),
        # Keys that begin with their maker's mark.
        (r"(?<![\w-])(?:[spra]k|gsk)[_-](?=[A-Za-z_-]*\d)[\w-]{16,}", False, "k- k_"),
        (r"(?<![\w-])[a-z]{2,10}(?:_[a-z0-9]{2,8})?[_-](?=[A-Za-z]*\d)(?=[a-z\d]*[A-Z])[A-Za-z0-9]{20,}", False, "_ -"),
        (r"(?<![\w.-])(?:SG|hv[sbr]|ya29)\.[\w-]{16,}(?:\.[\w-]{16,})?", False, "sg. hv ya29."),
        (
            r"(?<![\w-])(?:AIza[\w-]{30,}|GOCSPX-[\w-]{20,}|xapp-[\w-]{10,}|AGE-SECRET-KEY-1\w{20,}|NRAK-\w{20,})",
            False,
            "aiza gocspx xapp age- nrak",
        ),
        (
            r"(?<![\w-])(?:hf|npm|whsec|dapi|shp[a-z]{2}|pat|key|tok)_?[A-Za-z0-9]{30,}(?!\w)",
            False,
            "hf npm whsec dapi shp pat key tok",
        ),
        (r"(?<!\w)[a-z2-7]{52}(?!\w)", False, ""),
        # Passwords as crypt(3), bcrypt and Argon2 keep them.
        (r"\$(?:apr1|argon2\w{1,2}|[1-9y]|2[abxy])\$[\w./$=,+-]{16,}", False, "$"),
        # Long runs of what random bytes look like when written down: hexadecimal but for digests, and base64.
        (r"(?<![A-Za-z0-9])(?<!sha256:)(?<!sha512:)[0-9a-fA-F]{32,}(?![A-Za-z0-9])", False, ""),
        (r"(?<![\w/+=.:-])(?!/)(?=[\w/+-]*[a-z])(?=[\w/+-]*[A-Z])(?=[\w/+-]*\d)[\w/+-]{40,}={0,2}", False, ""),
    )
)


def shaped(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the text that look like secrets: by our patterns, and by those of detect-secrets."""
    lowered = text.lower()
    for shape, flags, needles in _SHAPES:
        if needles and not any(map(lowered.__contains__, needles)):
            continue
        pattern = _compiled(shape, flags)
        yield from (match.span(pattern.groups) for match in pattern.finditer(text))
    yield from ruled(text)


# Compiling all of them takes longer than the start of the bot can spare, and most are never tried.
@cache
def _compiled(shape: str, flags: int) -> re.Pattern[str]:
    return re.compile(shape, flags)


def unshaped(text: str) -> str:
    """Return the text with the mark in place of everything that looks like a secret."""
    return hidden(text, shaped(text))


def hidden(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with the mark in place of each span; spans that touch become one."""
    shown, end = "", 0
    for begin, until in sorted(span for span in spans if span[0] < span[1]):
        if begin > end or not shown:
            shown += text[end:begin] + MARK
        end = max(end, until)
    return shown + text[end:]
