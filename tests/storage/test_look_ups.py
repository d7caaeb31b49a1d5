"""What is asked about one document, or one station, does not grow with all there are: the database has an index."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col

from eakte.clock import now
from eakte.ids import new_id
from eakte.letter_tables import Letter
from eakte.scan_tables import ScanBatch, ScanItem
from storage.database import Database

SOME: UUID = new_id()
NOW: datetime = now()
QUESTIONS = {
    "the stack's entries of a document": sa.select(ScanItem).where(col(ScanItem.document_id) == SOME),
    "the letters a document came back of": sa.select(Letter).where(
        (col(Letter.answer_document_id) == SOME)
        | (col(Letter.part_document_id) == SOME)
        | (col(Letter.returned_document_id) == SOME)
    ),
    "a station's stacks of a day": sa.select(ScanBatch)
    .where(col(ScanBatch.station_id) == "scan-1", col(ScanBatch.delivered_at) >= NOW)
    .order_by(col(ScanBatch.delivered_at).desc(), col(ScanBatch.id).desc()),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_no_look_up_reads_a_whole_table(database: Database, question: sa.Select[tuple[object]]) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, whatever indexes they have")
    asked = question.compile(database.engine)
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", tuple("x" for _ in asked.params)).all()

    steps = [str(step.detail) for step in plan]
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps
