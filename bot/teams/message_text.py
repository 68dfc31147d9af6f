"""The text that somebody typed, byte for byte, out of what Teams makes of it, without the mention of the bot.

Teams marks a mention as `<at>Name</at>` in `text`, names it in `entities`, and otherwise sends the text as it was
typed, unescaped (OfficeDocs-SkypeForBusiness #4723): what looks like markup there is none. `textFormat` "xml" alone is
markup. What was formatted comes a second time, as an attachment of HTML, which alone has the line breaks.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Final

# Of one message: what nobody types is left as it is.
_MOST_MENTIONS: Final = 50
_AT: Final = re.compile(r"<at(?:\s[^<>]{0,200})?>([^<>]{0,500})</at\s{0,10}>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_COLON: Final = re.compile(r"^\s{0,20}[:,](?=\s|$)")
_NBSP: Final = re.compile(r"(\"[^\"]*\")|&nbsp;")
_HTML: Final = "text/html"
# What is longer is no message: Teams stops at 28 KB.
_LONGEST: Final = 28_000
# What stands alone on its lines.
_BLOCKS: Final = frozenset(
    ("p", "div", "pre", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "blockquote", "codeblock")
)
# What nobody typed here; a quotation only where it is of another message.
_HIDES: Final = frozenset(("blockquote", "attachment", "style", "script", "title"))
# Stands for the edge of a block while a message is read.
_EDGE: Final = "\0"


def typed(text: str, form: str, entities: object, attachments: object, bot: str, names: Sequence[str]) -> str:
    """Return the text that was typed to the bot whose account is `bot`; `names` are what it is called.

    `entities` and `attachments` are whatever was sent by those names; what is no such thing is passed over.
    """
    mentions = list(_mentions(entities, bot))
    rich = _rich(attachments)
    if rich is not None and rich.has_lines and rich.said:
        return _without_bot(rich.said, mentions, names)
    if form.casefold() == "xml":
        cut = _without_bot(text, mentions, names, as_markup=True)
        return html.unescape(_TAG.sub(" ", cut)).replace("\u00a0", " ")
    # Some clients write the spaces around a mention so; within quotation marks somebody has typed it.
    return _NBSP.sub(lambda found: found[1] or " ", _without_bot(text, mentions, names))


def people(entities: object, bot: str) -> Mapping[str, str]:
    """Return the account of each person who is mentioned, by the name that stands in the text; of namesakes none."""
    found: dict[str, set[str]] = {}
    for one in _objects(entities):
        whose = one.get("mentioned")
        stands, account = one.get("text"), whose.get("id") if isinstance(whose, Mapping) else None
        if isinstance(stands, str) and isinstance(account, str) and account != bot:
            found.setdefault(_name(stands), set()).add(account)
    return {name: accounts.pop() for name, accounts in found.items() if name and len(accounts) == 1}


def _objects(entities: object) -> Iterator[Mapping[str, object]]:
    listed = entities if isinstance(entities, list) else []
    return (one for one in listed[:_MOST_MENTIONS] if isinstance(one, Mapping) and one.get("type") == "mention")


def _name(stands: str) -> str:
    """Return the name that a mention shows. A quotation mark in it would end the one that is put around it."""
    return html.unescape(_AT.sub(r"\1", stands)).strip().replace('"', "'")


def _mentions(entities: object, bot: str) -> Iterator[tuple[str, bool]]:
    """Yield the name in each mention, without case, and True if it is the bot's."""
    for one in _objects(entities):
        stands, whose = one.get("text"), one.get("mentioned")
        if isinstance(stands, str) and stands:
            yield _name(stands).casefold(), isinstance(whose, Mapping) and whose.get("id") == bot


def _without_bot(
    text: str, mentions: Sequence[tuple[str, bool]], names: Sequence[str], *, as_markup: bool = False
) -> str:
    """Return the text without mentions of the bot, and with every other mention as a quoted name, one word."""
    bots = {name for name, is_bots in mentions if is_bots} | {name.casefold() for name in names if name}
    others = {name for name, is_bots in mentions if not is_bots}

    def meant(found: re.Match[str]) -> str:
        name = _name(found[1])
        first = not text[: found.start()].strip()
        if name.casefold() in bots or (first and name.casefold() not in others):
            return " "
        return html.escape(f'"{name}"', quote=False) if as_markup else f'"{name}"'

    cut = _AT.sub(meant, text)
    if cut == text:
        return text
    # “@JupyterHub: status”
    return (_COLON.sub("", cut, count=1) if _AT.match(text.lstrip()) else cut).strip()


class _Rich(HTMLParser):
    """Parser of a formatted message. `has_lines` is True where it has what the plain text loses."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._found: list[str] = []
        # Which of the tags that are open hide what is in them.
        self._open: list[tuple[str, bool]] = []
        self._verbatim = 0
        # Of each list that is open how many items it has had; None where they have no numbers.
        self._lists: list[int | None] = []
        self._mention = ""
        self.has_lines = False

    @property
    def said(self) -> str:
        """Text of the message, line by line."""
        # However many blocks end or begin, it is one line's end, and so is a break just before it.
        lines = re.sub(f"\n?{_EDGE}+", "\n", "".join(self._found))
        # An empty paragraph is written with a space that does not break.
        return re.sub(r"(?m)^ $", "", lines).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("itemtype") or ""
        if tag in _HIDES:
            self._open.append((tag, tag != "blockquote" or kind.endswith("/Reply")))
        if tag == "pre":
            self._verbatim += 1
        if tag in _BLOCKS:
            self._edge()
        if tag in ("pre", "br", "li", "tr", "blockquote") or (tag in ("p", "div") and "".join(self._found).strip()):
            self.has_lines = True
        if tag == "br":
            self._say("\n")
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._say(self._item())
        elif tag == "emoji" or (tag == "img" and kind.endswith("/Emoji")):
            self._say(dict(attrs).get("alt") or "")
        elif tag == "at" or (tag == "span" and kind.endswith("/Mention")):
            self._mention = tag
            self._say("<at>")

    def handle_endtag(self, tag: str) -> None:
        # What was never closed inside ends with what is around it.
        opened = next((number for number, (one, _) in reversed([*enumerate(self._open)]) if one == tag), None)
        if opened is not None:
            del self._open[opened:]
        if tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == self._mention:
            self._say("</at>")
            self._mention = ""
        if tag in _BLOCKS:
            self._edge()
        if tag in ("td", "th"):
            self._say("\t")

    def handle_data(self, data: str) -> None:
        # HTML keeps repeated spaces by such as do not break.
        said = data.replace("\u00a0", " ").replace(_EDGE, "")
        self._say(said if self._verbatim else re.sub(r"[\r\n]+", " ", said))

    def _item(self) -> str:
        """Return the marker that stood before an item, until Teams made a list of it."""
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _edge(self) -> None:
        if self._found:
            self._say(_EDGE)

    def _say(self, text: str) -> None:
        if not any(hides for _, hides in self._open):
            self._found.append(text)


def _rich(attachments: object) -> _Rich | None:
    """Return the first formatted version of the message, or None."""
    for one in attachments if isinstance(attachments, list) else []:
        content = one.get("content") if isinstance(one, Mapping) and one.get("contentType") == _HTML else None
        if isinstance(content, str) and len(content) <= _LONGEST:
            parser = _Rich()
            parser.feed(content)
            parser.close()
            return parser
    return None
