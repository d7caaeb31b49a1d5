"""The pages for what went wrong and for the day: quarantine, queue, a station's day and its protocol."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from api.service import Service
from eakte import jobs
from eakte.clock import in_city
from eakte.ids import new_id
from eakte.jobs import Job, JobKind, JobStatus
from eakte.quarantine_tables import QuarantineCause, QuarantineEntry
from eakte.scan_tables import ScanBatch
from tests.pages.desk import Desk, Screen
from tests.pages.town import Town

DeskOf = Callable[[str], Desk]


def entry_of(service: Service, town: Town) -> QuarantineEntry:
    with service.database.reading() as session:
        return session.exec(select(QuarantineEntry).where(QuarantineEntry.document_id == town.broken)).one()


def in_order(screen: Screen) -> None:
    assert screen.faults == []
    assert screen.unlabelled() == []


def test_the_quarantine_tells_the_reason_and_reads_again_with_one_click(
    aenne: Desk, otto: Desk, service: Service, town: Town
) -> None:
    entry = entry_of(service, town)
    screen = aenne.open("/quarantaene")
    in_order(screen)
    assert entry.reason in screen.text
    assert f"/dokumente/{town.broken}/datei/original" in screen.links()
    assert "Nichts ist in Quarantäne." in otto.open("/quarantaene").text

    again = aenne.send(screen.form(f"/quarantaene/{entry.id}/wiederholen"))

    assert "Die Datei wird noch einmal gelesen." in again.text
    assert "wird noch einmal gelesen seit" in again.text
    assert "2 Versuche" in again.text


def test_released_with_a_reason_the_document_page_warns(aenne: Desk, service: Service, town: Town) -> None:
    entry = entry_of(service, town)
    form = aenne.open("/quarantaene").form(f"/quarantaene/{entry.id}/freigeben")
    refused = aenne.send(form, reason="")
    assert (refused.status, "Der Grund fehlt." in refused.text) == (422, True)

    form = aenne.open("/quarantaene").form(f"/quarantaene/{entry.id}/freigeben")
    released = aenne.send(form, reason="Liegt auf Papier vor")

    assert "Freigegeben." in released.text
    document = aenne.open(f"/dokumente/{town.broken}").text
    assert "freigegeben: Liegt auf Papier vor Bitte nur öffnen, wenn Sie ihr vertrauen." in document


def test_releasing_and_sorting_out_are_forms_of_their_own(aenne: Desk, service: Service, town: Town) -> None:
    entry = entry_of(service, town)
    form = aenne.open("/quarantaene").form(f"/quarantaene/{entry.id}/aussortieren")
    screen = aenne.send(form, reason="Werbung")

    assert screen.all("button", formaction=f"/quarantaene/{entry.id}/aussortieren") == []
    assert "Aussortiert; Datei und Grund bleiben im Nachweis." in screen.text
    assert aenne.open(f"/dokumente/{town.broken}").status == 404


def test_two_people_at_once_get_a_clear_answer(aenne: Desk, joerg: Desk, service: Service, town: Town) -> None:
    entry = entry_of(service, town)
    hers = aenne.open("/quarantaene").form(f"/quarantaene/{entry.id}/freigeben")
    his = joerg.open("/quarantaene").form(f"/quarantaene/{entry.id}/freigeben")
    aenne.send(hers, reason="gut so")
    his.action = f"/quarantaene/{entry.id}/aussortieren"

    screen = joerg.send(his, reason="weg damit")

    assert screen.status == 409
    assert "inzwischen von Änne Ärmel freigegeben" in screen.text


def test_what_is_infected_is_for_administrators_who_see_no_title(desk_of: DeskOf, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        entry = session.get_one(QuarantineEntry, entry_of(service, town).id)
        entry.cause, entry.reason = QuarantineCause.INFECTED, "Der Virenscanner meldet „Eicar“."

    anna, ada = desk_of("käthe").open("/quarantaene"), desk_of("ada").open("/quarantaene")

    in_order(ada)
    assert "Dokument, das Sie nicht einsehen dürfen" in ada.text
    assert f"/dokumente/{town.broken}" not in ada.links()
    assert any(form.get("action") == f"/quarantaene/{entry.id}/freigeben" for form in ada.all("form"))
    assert not any(form.get("action") == f"/quarantaene/{entry.id}/freigeben" for form in anna.all("form"))
    assert f"/dokumente/{town.broken}/datei/original" not in anna.links()


def test_administrators_see_failed_work_and_try_it_again(desk_of: DeskOf, service: Service) -> None:
    with service.database.writing() as session:
        jobs.enqueue(session, JobKind.DERIVE, new_id())
        job = session.exec(select(Job).where(Job.kind == JobKind.DERIVE)).one()
        job.status, job.attempts, job.last_error = JobStatus.FAILED, 6, "Platte voll"
    ada = desk_of("ada")
    screen = ada.open("/auftraege")
    in_order(screen)
    assert "Durchsuchbares PDF" in screen.text
    assert "Platte voll" in screen.text

    again = ada.send(screen.form(f"/auftraege/{job.id}/wiederholen"))

    assert "Der Auftrag wird noch einmal versucht." in again.text
    with service.database.reading() as session:
        assert session.get_one(Job, job.id).status is JobStatus.WAITING
    assert desk_of("käthe").open("/auftraege").status == 403


@pytest.mark.parametrize("path", ["/stapel/heute", "/stationen/scan-1/protokoll"])
def test_the_stations_day_tells_counts_and_prints_its_protocol(
    aenne: Desk, otto: Desk, service: Service, town: Town, path: str
) -> None:
    with service.database.reading() as session:
        batch = session.get_one(ScanBatch, town.batch)
    day = in_city(batch.delivered_at).date()

    screen = aenne.open(f"{path}?tag={day.isoformat()}")

    in_order(screen)
    assert batch.batch_id in screen.text
    assert "Frau Müller" in screen.text
    assert "abgelegt" in screen.text
    assert batch.batch_id not in otto.open(f"{path}?tag={day.isoformat()}").text
    quiet = aenne.open(f"{path}?tag={(day - timedelta(days=40)).isoformat()}")
    assert "An diesem Tag kam nichts." in quiet.text
    assert aenne.open(f"{path}?tag=quatsch").status == 422


def test_the_protocol_names_files_by_their_hash(aenne: Desk, otto: Desk, town: Town) -> None:
    screen = aenne.open("/stationen/scan-1/protokoll")

    assert all(len(digest) == 64 for digest in screen.texts("code", class_="digest"))
    assert screen.texts("code", class_="digest")
    assert otto.open("/stationen/scan-1/protokoll").status == 404
    assert "/stapel/heute" in aenne.open("/stapel").links()


def test_a_stack_tells_counts(aenne: Desk, town: Town) -> None:
    screen = aenne.open(f"/stapel/{town.batch}")

    in_order(screen)
    assert "Blätter" in screen.text
    assert "warten" in screen.text
