"""A small town whose desk the tests sit at: people, case files, letters and waiting post, all read and indexed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from uuid import UUID

import weasyprint

from api.service import Service
from api.worker import work_off
from eakte import actors, case_files, documents, inbox, letters, sign_in
from eakte.actors import Actor
from eakte.apply import apply_organisation
from eakte.case_files import CaseFileWish
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.intake import receive
from eakte.intake.receive import Delivery
from eakte.letter_tables import Letter
from eakte.parties import PartyWish
from eakte.settings import Settings

PASSWORD = "Grüße aus Köln"

ORGANISATION = """
units:
  - {id: SO, name: Amt für Soziales}
  - {id: SO-EH, name: Eingliederungshilfe, parent: SO}
  - {id: ORD, name: Amt für öffentliche Ordnung}
people:
  - {id: änne, name: Änne Ärmel, email: aenne@example.org, units: [SO-EH]}
  - {id: jörg, name: Jörg Weiß, email: joerg@example.org, units: [SO-EH]}
  - {id: otto, name: Otto Öl, email: otto@example.org, units: [ORD]}
  - {id: nora, name: Nora Neu, email: nora@example.org}
systems:
  - {id: km-personal, name: KM-Personal}
stations:
  - {id: scan-1, name: Poststelle, unit: SO-EH}
filing_plan:
  - code: "32"
    title: Ordnung
    children:
      - {code: "32.20", title: Gewerbe, retention_years: 5}
  - code: "50"
    title: Soziales
    children:
      - code: "50.10"
        title: Eingliederungshilfe
        retention_years: 10
        fields:
          Fallnummer: {type: text, required: true}
          plan_bis: {type: date}
          Stunden: {type: number}
          Eilfall: {type: boolean}
        sections: [Antrag, Gesamtplan, Bescheide]
      - {code: "50.20", title: Wohngeld, retention_years: 6}
grants:
  - {on: "plan:50", to: {unit: SO, sub_units: true}, rights: [read, file, edit]}
  - {on: "plan:32", to: {unit: ORD}, rights: [read, file]}
"""


@dataclass(frozen=True)
class Town:
    """What stands in the records.

    Attributes:
        case_file: Änne's, with documents of every kind.
        application: A document of two pages on „Schulbegleitung“.
        broken: A file nobody can read.
        letter: Posted, waiting for its answer.
        other_case_file: Otto's, which Änne may not know of.
        other_document: In it.
        items: What waits in Änne's and Jörg's inbox, longest waiting first.
        batch: The scan batch it came in.
        sessions: Name to the cookie of a browser signed in already: hashing a password for each test takes long.
    """

    case_file: UUID
    reference: str
    quiet_case_file: UUID
    application: UUID
    broken: UUID
    letter: UUID
    letter_document: UUID
    other_case_file: UUID
    other_reference: str
    other_document: UUID
    items: tuple[UUID, ...]
    batch: UUID
    sessions: dict[str, str]


def service_on(folder: Path, *, demo: bool = False) -> Service:
    """A service whose data lies in a folder."""
    return Service(Settings(data_dir=folder, city="Musterstadt", demo=demo))


def build_town(folder: Path) -> Town:
    """Set everything up through the domain, and let a worker read it."""
    service = service_on(folder)
    service.prepare()
    with service.database.writing() as session:
        apply_organisation(
            session, service.blobs, source=dedent(ORGANISATION), folder=folder, actor_id="admin", dry_run=False
        )
        for name in ("änne", "km-personal"):
            sign_in.set_secret(session, name, PASSWORD, "admin")
        sessions = {
            name: sign_in.issue_token(session, name, lifetime=timedelta(days=1), browser=True)[0]
            for name in ("änne", "jörg", "otto", "nora")
        }
    case_file, reference = _case_file(service)
    application = attach(service, "änne", case_file, _application(), "Antrag auf Schulbegleitung", section="Antrag")
    attach(service, "änne", case_file, page("Vermerk", "Telefonat mit der Mutter am Montag."), "Telefonvermerk",
           kind=DocumentKind.INTERNAL)  # fmt: skip
    broken = attach(service, "änne", case_file, b"%PDF-1.7\nkein PDF mehr", "Kaputter Scan", section="Gesamtplan")
    letter = _letter(service, case_file)
    quiet, _ = open_file(service, "änne", CaseFileWish("50.20", "Wohngeld Ülkü Çelik"))
    other, other_reference = open_file(service, "otto", CaseFileWish("32.20", "Gewerbe Größenwahn GmbH"))
    other_document = attach(service, "otto", other, page("Schankerlaubnis", "Schulbegleitung ist kein Gewerbe."),
                            "Schankerlaubnis")  # fmt: skip
    batch = _batch(service)
    work_off(service)
    actor = actor_of(service, "änne")
    with service.database.reading() as session:
        waiting = inbox.list_waiting(session, actor, limit=10)
    service.close()
    return Town(
        case_file=case_file,
        reference=reference,
        quiet_case_file=quiet,
        application=application.id,
        broken=broken.id,
        letter=letter.id,
        letter_document=letter.document_id,
        other_case_file=other,
        other_reference=other_reference,
        other_document=other_document.id,
        items=tuple(one.item.id for one in waiting),
        batch=batch,
        sessions=sessions,
    )


def page(title: str, *paragraphs: str) -> bytes:
    """A PDF page with text."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    style = "html { font: 11pt/1.5 'Liberation Sans', sans-serif } .next { display: block; break-before: page }"
    pdf: bytes = weasyprint.HTML(string=f"<style>{style}</style><h1>{title}</h1>{text}").write_pdf()
    return pdf


def actor_of(service: Service, name: str) -> Actor:
    """A person as the domain knows them."""
    with service.database.reading() as session:
        return actors.actor_for(session, name)


def open_file(service: Service, name: str, wish: CaseFileWish) -> tuple[UUID, str]:
    """Open a case file; its id and reference."""
    actor = actor_of(service, name)
    with service.database.writing() as session:
        row = case_files.open_case_file(session, actor, wish, reference_format=service.settings.reference_format)
        return row.id, row.reference


def attach(
    service: Service,
    name: str,
    case_file_id: UUID,
    content: bytes,
    title: str,
    *,
    section: str | None = None,
    kind: DocumentKind = DocumentKind.INCOMING,
) -> Document:
    """File a PDF."""
    actor = actor_of(service, name)
    stored = StoredFile(service.blobs.put(io.BytesIO(content)), f"{title}.pdf", "application/pdf")
    wish = DocumentWish(title=title, kind=kind, section=section)
    with service.database.writing() as session:
        document, _ = documents.attach_document(session, actor, case_file_id, stored, wish)
        return document


def make_letter(service: Service, case_file_id: UUID, subject: str) -> Letter:
    """Änne's draft from the template every installation has."""
    actor = actor_of(service, "änne")
    with service.database.reading() as session:
        planned = letters.plan_letter(
            session,
            actor,
            case_file_id,
            template_id="brief",
            data={"betreff": subject, "text": "Bitte senden Sie uns das Gutachten zurück."},
            recipient_id=None,
            city="Musterstadt",
        )
    rendered = letters.render_letter(planned, service.blobs, service.press, service.settings.work_dir / "letters")
    with service.database.writing() as session:
        return letters.make_letter(session, actor, rendered)


def _case_file(service: Service) -> tuple[UUID, str]:
    return open_file(
        service,
        "änne",
        CaseFileWish(
            filing_plan="50.10",
            title="Eingliederungshilfe Jürgen Größmann",
            parties=(
                PartyWish("Antragsteller", "Jürgen Größmann", address={"text": "Gartenstraße 7, 12345 Musterstadt"}),
                PartyWish("Mutter", "Käthe Größmann", address={"text": "Geheimer Weg 1"}, protected=True),
            ),
            fields={"Fallnummer": "EH-0815", "plan_bis": "2027-03-31", "Eilfall": True},
        ),
    )


def _application() -> bytes:
    return page(
        "Antrag auf Leistungen der Eingliederungshilfe",
        "Sehr geehrte Damen und Herren,",
        "hiermit beantrage ich für meinen Sohn Jürgen eine <b>Schulbegleitung</b> im Umfang von zwanzig Stunden in der "
        "Woche. Ohne Schulbegleitung kann er dem Unterricht nicht folgen. Das ärztliche Gutachten liegt bei.",
        "Bitte teilen Sie mir mit, welche Unterlagen Sie noch brauchen. Tagsüber bin ich unter der Nummer 0123 456789 "
        "erreichbar, abends am besten per Brief.",
        "Mit freundlichen Grüßen<br>Käthe Größmann",
        "<span class=next>Anlage: Stundenplan</span>",
        "Montag bis Freitag jeweils von acht bis zwölf Uhr, mittwochs auch die Nachmittagsgruppe.",
    )


def _letter(service: Service, case_file_id: UUID) -> Letter:
    letter, actor = make_letter(service, case_file_id, "Nachforderung Gutachten"), actor_of(service, "änne")
    with service.database.writing() as session:
        letters.approve_letter(session, actor, letter.id)
        return letters.post_letter(session, actor, letter.id)


def _batch(service: Service) -> UUID:
    """Two letters nobody can place, in one stack."""
    sheets = [
        page("Beschwerde", "Ich beschwere mich über die lange Dauer des Verfahrens.", "Ülkü Çelik"),
        page("Werbung", "Jetzt günstig: Drucker und Toner für Ihre Behörde!"),
    ]
    files = [
        StoredFile(service.blobs.put(io.BytesIO(sheet)), f"sheet-{number}.pdf", "application/pdf")
        for number, sheet in enumerate(sheets, start=1)
    ]
    station = actor_of(service, "scan-1")
    with service.database.writing() as session:
        batch, _ = receive.receive_batch(session, station, Delivery("scan-1", "Frau Müller", "Stapel-7"), files)
        return batch.id
