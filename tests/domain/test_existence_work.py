"""What is forbidden and what does not exist cost the same work: the same questions to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from eakte import access, case_files, documents, inbox, reading, where_to_file
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.errors import NotFound
from eakte.ids import new_id
from tests.domain.registry import Registry

Door = Callable[[Registry, Actor, UUID], object]
DOORS: dict[str, tuple[str, Door]] = {
    "case file": ("case_file", lambda r, a, id_: access.case_file_for(r.session, a, id_)),
    "documents of a case file": ("case_file", lambda r, a, id_: documents.list_documents(r.session, a, id_, limit=5)),
    "parties": ("case_file", lambda r, a, id_: case_files.parties_of(r.session, a, id_)),
    "filing into it": ("case_file", lambda r, a, id_: where_to_file.check_may_file(r.session, a, id_)),
    "document": ("document", lambda r, a, id_: access.document_for(r.session, a, id_)),
    "content": ("document", lambda r, a, id_: reading.content_of(r.session, a, id_)),
    "page image": ("document", lambda r, a, id_: reading.page_image(r.session, a, id_, 1)),
    "words": ("document", lambda r, a, id_: reading.words_of_page(r.session, a, id_, 1)),
    "text": ("document", lambda r, a, id_: reading.text_of(r.session, a, id_)),
    "letter": ("letter", lambda r, a, id_: access.letter_for(r.session, a, id_)),
    "proceeding": ("proceeding", lambda r, a, id_: access.proceeding_for(r.session, a, id_)),
    "inbox item": ("item", lambda r, a, id_: inbox.item_for(r.session, a, id_)),
}


@contextmanager
def asked(registry: Registry) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    statements: list[str] = []
    connection = registry.session.connection()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("door", DOORS)
def test_the_forbidden_costs_no_more_than_what_is_not_there(registry: Registry, door: str) -> None:
    kind, enter = DOORS[door]
    registry.unit("WG")
    case_file = registry.case_file(unit="WG")
    hidden = {
        "case_file": case_file.id,
        "document": registry.document(case_file).id,
        "letter": registry.letter(case_file).id,
        "proceeding": case_files.open_proceeding(registry.session, registry.actor(), case_file.id, "Eins").id,
        "item": registry.waiting("WG").id,
    }
    anna = registry.actor("anna")
    access.scopes_with(registry.session, anna, Right.FILE)  # kept from then on, whatever is asked
    work: list[int] = []
    for id_ in (hidden[kind], new_id()):
        registry.session.flush()
        registry.session.expunge_all()
        with asked(registry) as statements, pytest.raises(NotFound):
            enter(registry, anna, id_)
        work.append(len(statements))

    forbidden, missing = work
    assert abs(forbidden - missing) <= 2, "a few questions by primary key, none that grows with what is there"
    assert missing >= 2, "what is not there is asked for as if it were"
