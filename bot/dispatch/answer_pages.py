"""Long answers in pages: the one that is asked for, and all that somebody turns are pages of one answer.

An answer of several pages is kept for a while, so that nobody misses a row that moved meanwhile, and the systems are
not asked again for each page. Another replica does not have it: there, the page is of a fresh answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.chat.platform import Click
from cards.pages import Pages
from cards.views import View
from commands.framework.errors import UserError
from commands.framework.pagination import PageNumber
from commands.framework.parser import Parsed

# For how long after it was last looked at, and as many pages at a time: some forty megabytes at the most.
_KEPT_FOR: Final = timedelta(minutes=10)
_MOST_PAGES: Final = 600

# Who asked, and the line that asks for the first page.
Asked = tuple[str, str]


@dataclass
class KeptAnswers:
    """The answers whose pages may still be turned, by who asked for what; the one looked at last comes last."""

    now: Callable[[], datetime]
    _answers: dict[Asked, tuple[Pages[View], datetime]] = field(default_factory=dict)

    def find(self, asked: Asked) -> Pages[View] | None:
        """Return the answer that this person got, while it is kept; else None."""
        self._forget()
        found = self._answers.get(asked)
        return found[0] if found else None

    def keep(self, asked: Asked, pages: Pages[View]) -> None:
        """Keep an answer, unless it is of one page, or longer than all that may be kept."""
        self._answers.pop(asked, None)
        if 1 < pages.count <= _MOST_PAGES:
            self._answers[asked] = (pages, self.now())
        self._forget()

    def _forget(self) -> None:
        """Drop answers that have not been looked at for long, and the first ones of too many."""
        since, left = self.now() - _KEPT_FOR, _MOST_PAGES
        kept = []
        for asked, (pages, at) in reversed(self._answers.items()):
            left -= pages.count
            if at > since and left >= 0:
                kept.append((asked, (pages, at)))
        self._answers = dict(reversed(kept))


def answer_pages(view: View, parsed: Parsed) -> Pages[View]:
    """Return the pages of a query's answer, each reached by the line that was typed."""
    line = parsed.first_page
    return Pages(view, lambda page: (("line", f"{line} --page {page}"),), line)


def chosen(pages: Pages[View], parsed: Parsed) -> View:
    """Return the page that is asked for. Raise UserError where there is none of that number."""
    if parsed.page <= pages.count:
        return pages.page(parsed.page)
    if pages.count == 1:
        raise UserError("The answer has one page.", parsed.first_page)
    raise UserError(f"The answer has {pages.count:,} pages.", f"{parsed.first_page} --page {pages.count}")


def page_of(click: Click) -> int:
    """Return the number of the page that the button leads to; 1 where it names none."""
    try:
        return PageNumber.parse(click.data.get("page", "1")).value
    except ValueError:
        return 1
