"""Which days of receipt are possible: none to come, none after the delivery, whichever door it comes through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from eakte import days_of_receipt, documents
from eakte.clock import today
from eakte.days_of_receipt import check_day
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentChange, DocumentWish
from eakte.errors import Invalid
from eakte.intake.receive import Delivery, receive_batch
from tests.domain.registry import Registry

NOON = datetime(2026, 11, 27, 11, tzinfo=UTC)
NEARLY_MIDNIGHT = datetime(2026, 11, 27, 22, 55, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 11, 27, 23, 5, tzinfo=UTC)
"""In the city it is the 28th already."""
FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("moment", "last"),
    [
        pytest.param(NOON, FRIDAY, id="today"),
        pytest.param(NEARLY_MIDNIGHT, SATURDAY, id="a scanner's clock is a little ahead"),
        pytest.param(AFTER_MIDNIGHT, SATURDAY, id="days are those of the city"),
    ],
)
def test_no_day_to_come(monkeypatch: pytest.MonkeyPatch, moment: datetime, last: date) -> None:
    monkeypatch.setattr(days_of_receipt, "now", lambda: moment)

    check_day(last)
    check_day(None)
    with pytest.raises(Invalid, match="in der Zukunft") as refused:
        check_day(last + timedelta(days=1), field="/metadata/received_on")

    assert [field.pointer for field in refused.value.fields] == ["/metadata/received_on"]


def test_no_day_after_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days_of_receipt, "now", lambda: NOON + timedelta(days=30))

    check_day(FRIDAY, NOON)
    with pytest.raises(Invalid, match="nach der Abgabe") as refused:
        check_day(SATURDAY, NOON)

    assert "27.11.2026" in refused.value.fields[0].detail


TOMORROW = DocumentWish("Brief", DocumentKind.INCOMING, received_on=today() + timedelta(days=2))


def delivering(registry: Registry) -> object:
    registry.station()
    delivery = Delivery("scan-1", "op", "1", received_on=TOMORROW.received_on)
    return receive_batch(registry.session, registry.actor("scan-1"), delivery, [registry.stored(b"Scan")])


def attaching(registry: Registry) -> object:
    case_file = registry.case_file()
    return documents.attach_document(registry.session, registry.actor(), case_file.id, registry.stored(), TOMORROW)


def changing(registry: Registry) -> object:
    document = registry.document(registry.case_file())
    change = DocumentChange(received_on=TOMORROW.received_on)
    return documents.change_document(registry.session, registry.actor(), document.id, change)


@pytest.mark.parametrize("act", [delivering, attaching, changing])
def test_every_door_refuses_a_day_to_come(registry: Registry, act: Callable[[Registry], object]) -> None:
    with pytest.raises(Invalid, match="Zukunft") as refused:
        act(registry)

    assert refused.value.fields[0].pointer.endswith("/received_on")


def test_what_was_taken_in_with_a_day_to_come_is_told_again_and_not_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.station()
    delivery, station = Delivery("scan-1", "op", "1", received_on=TOMORROW.received_on), registry.actor("scan-1")
    wish, case_file = replace(TOMORROW, external_id="1"), registry.case_file()
    stored = [registry.stored(b"Scan")]
    with monkeypatch.context() as before:
        before.setattr(days_of_receipt, "CLOCKS_APART", timedelta(days=9))  # as if nothing were checked
        receive_batch(registry.session, station, delivery, stored)
        documents.attach_document(registry.session, registry.actor(), case_file.id, stored[0], wish)

    assert receive_batch(registry.session, station, delivery, stored)[1] is False
    assert documents.attach_document(registry.session, registry.actor(), case_file.id, stored[0], wish)[1] is False
