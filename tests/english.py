"""The kinds of bad English that a machine can see, in any text and in the string literals of a module.

`complaints` judges one text. `sentences` reads the literals off a module's source: docstrings are for those who read
the code and left out; what an f-string fills in stands as “…”, of which nothing is judged.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_HOLE = "…"
_WORD = r"[“‘`'\"(]*(?P<word>[A-Za-z][\w’'.-]*)"
_A = re.compile(rf"\b(?P<article>[Aa]n?) {_WORD}")
# Spelled with a vowel and spoken with a consonant: "a user", "a UPN", "a one-time code".
_SPOKEN_WITH_CONSONANT = re.compile(
    r"(?:u(?:[bcfhjkqrst][aeiou]|ni(?:[^mn]|$)|pn\b|rl\b|ri\b|tc\b|tf\b|uid\b|i\b|sb\b|id\b)|eu|ewe|one\b|once\b|one-)"
)
# Spelled with a consonant and spoken with a vowel: "an hour", "an HTTP status", "an SSH key".
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir|https?\b|ssh\b|html\b)", re.IGNORECASE)
_LETTERS = re.compile(r"[AEFHILMNORSX](?:[A-Z0-9]+s?\b|-)")
_SPOKEN_AS_WORDS = {"HELM", "LICENSE", "MIT", "NAT", "NULL", "RAM", "SAS", "SAML", "ROM", "MAC", "SIM", "REST", "ROPC"}
_IS_NO = re.compile(r"(?P<before>\w+ )?\b(?:is|are|was|were) no (?P<word>…|[\w-]+)")
_OF_EXISTENCE = {"there", "here"}
_QUESTIONS = re.compile(r"(?:What|Whether|Where|Which|Who|Whose|Why|When|How|Is|Are|Does|Do you)\b")


def complaints(text: str) -> list[str]:
    """What is wrong with a text, one remark each."""
    return [
        *(f"“{found[0]}”: the article" for found in _A.finditer(text) if _wrong_article(found)),
        *(f"“{found[0].strip()}”: “is not a …”" for found in _IS_NO.finditer(text) if _wrong_no(found)),
        *(["begins with “Over:”: “Resolved:”"] if re.match(r"Over\b:", text) else []),
    ]


def summary_complaints(text: str) -> list[str]:
    """What is wrong with the summary of a command: a whole sentence that says what the command does."""
    return [
        *complaints(text),
        *([] if text.endswith((".", ".”")) else [f"“{text}” has no full stop"]),
        *([f"“{text}” is a question in form: begin with a verb"] if _QUESTIONS.match(text) else []),
    ]


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a module with their lines, docstrings left out."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    formatted = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    silent = set(map(id, _docstrings(nodes))) | {id(part) for node in formatted for part in ast.walk(node)} - set(
        map(id, formatted)
    )
    for node in nodes:
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(_part(part) for part in node.values)


def _part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else _HOLE


def _docstrings(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Strings that stand as statements: docstrings, and those below attributes."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _wrong_article(found: "re.Match[str]") -> bool:
    if _is_a_letter(found):
        return False
    return (found["article"].lower() == "an") is not _spoken_with_vowel(found["word"])


def _is_a_letter(found: "re.Match[str]") -> bool:
    """Whether the “a” is a letter or an answer and no article: "0-9 and a-f", "from a to z", "option A or B"."""
    return found["article"] == "A" and found.start() > 0 and found["word"].islower() and _mid_sentence(found)


def _mid_sentence(found: "re.Match[str]") -> bool:
    return not re.search(r"[.!?:;“(→]\s*$", found.string[: found.start()])


def _spoken_with_vowel(word: str) -> bool:
    if word.isupper() and len(word) > 1 and word.upper() in _SPOKEN_AS_WORDS:
        return word[0] in "AEIOU"
    if _LETTERS.match(word):
        return True
    if re.match(r"[BCDGJKPQTUVWYZ][A-Z0-9]+s?\b", word):
        return False
    if _SILENT_H.match(word):
        return True
    return word[0].lower() in "aeiou" and not _SPOKEN_WITH_CONSONANT.match(word.lower())


def _wrong_no(found: "re.Match[str]") -> bool:
    before = (found["before"] or "").strip().lower()
    return before not in _OF_EXISTENCE and found["word"] not in {"longer", "more", "less", "other", "one", "doubt"}
