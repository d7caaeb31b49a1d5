"""An index entry as the token streams that every engine takes.

An engine indexes what stands here and cuts nothing itself. The names of the streams are the names of
the engines' fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eakte.fulltext.tokens import Token, tokenise
from eakte.ports import IndexEntry

GAP = 100  # positions between title, names, reference and pages: no phrase reaches across


@dataclass(frozen=True)
class EntryTokens:
    """The tokens of one entry.

    Attributes:
        everything: Title, names, reference and pages, one after the other.
        head: Title, names and reference; a hit there weighs more.
        names: Parties and senders.
        reference: Numbers as they stand; nothing in it is a date or an amount.
    """

    everything: tuple[Token, ...]
    head: tuple[Token, ...]
    names: tuple[Token, ...]
    reference: tuple[Token, ...]


def entry_tokens(entry: IndexEntry) -> EntryTokens:
    """Read all texts of an entry."""
    title = tokenise(entry.title)
    names = _one_after_another(entry.names, _behind(title))
    reference = tokenise(entry.reference, wholes_too=False, first_position=_behind(title, names))
    head = (*title, *names, *reference)
    pages = _one_after_another(entry.pages, _behind(head))
    return EntryTokens(everything=(*head, *pages), head=head, names=tuple(names), reference=tuple(reference))


def _one_after_another(texts: Iterable[str], position: int) -> list[Token]:
    tokens: list[Token] = []
    for text in texts:
        tokens += tokenise(text, first_position=position)
        position = max(position, _behind(tokens))
    return tokens


def _behind(*texts: Sequence[Token]) -> int:
    """Where the next text begins."""
    return max((tokens[-1].position + GAP for tokens in texts if tokens), default=0)


def broad_terms(tokens: Iterable[Token]) -> Iterator[tuple[int, str]]:
    """Positions with all by which a word is found: its stem and the stems of its parts."""
    for token in tokens:
        yield token.position, token.stem
        for part in token.parts:
            yield token.position, part


def exact_terms(tokens: Iterable[Token]) -> Iterator[tuple[int, str]]:
    """Positions with words as written; for ranking, prefixes and similar words."""
    for token in tokens:
        yield token.position, token.form


def plain_terms(tokens: Iterable[Token]) -> Iterator[tuple[int, str]]:
    """Positions with words as written and numbers without leading zeros; for names and references."""
    for token in tokens:
        yield token.position, plain(token.form, token.stem)


def plain(form: str, stem: str) -> str:
    """How a word stands among names and references: never stemmed, so that Becker is not Beck."""
    return stem if form.isdecimal() else form
