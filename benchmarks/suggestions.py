"""What it costs to suggest a case file for a page without a code, in a city with many parties (CPU, 95th percentile).

Run `python -m benchmarks.suggestions --files 100000`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent

import sqlalchemy as sa
from sqlmodel import Session

from api.service import Service
from benchmarks.measures import Measure, print_table
from eakte import actors, clues, documents, page_words, places, references
from eakte.apply import apply_organisation
from eakte.case_file_tables import CaseFile, Party
from eakte.document_tables import Document, DocumentKind, DocumentStatus, Page
from eakte.documents import DocumentWish, StoredFile
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.ids import new_id
from eakte.intake.suggestions import suggest
from eakte.paper import TextSource
from eakte.person_names import name_key
from eakte.ports import BlobRef
from eakte.settings import Settings

LIMIT_MS = 50.0
LETTERS = 100
ORGANISATION = """
units: [{id: SO, name: Soziales}]
people: [{id: anna, name: Änne Ärmel, units: [SO]}]
filing_plan: [{code: "50", title: Soziales, fields: {fallnummer: {type: text}}}]
"""
_GIVEN = "Anna Ben Clara David Emma Felix Greta Hannes Ida Jonas Karla Leon Mia Noah Paula Quirin Rosa Simon Tilda Uwe"
_FAMILY = "Bauer Celik Dorn Engel Fuchs Graf Huber Iwanow Jung Klein Lang Meyer Nowak Otto Peters Richter Schulz Wolf"


def main() -> int:
    """Set up, measure, print; 1 where the limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="case files, each with two parties")
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Settings(data_dir=Path(folder)))
        service.prepare()
        with service.database.writing() as session:
            source = dedent(ORGANISATION)
            apply_organisation(session, service.blobs, source=source, folder=Path(folder), actor_id="admin")
            known = list(_fill(session, options.files, chance))
        measures = _measure(service, known, chance)
        service.close()
    print_table(f"suggestions among {options.files} case files, {2 * options.files} parties", measures)
    return 0 if all(measure.holds for measure in measures) else 1


def _fill(session: Session, count: int, chance: random.Random) -> Iterator[tuple[str, str, date]]:
    """Case files in bulk; yields reference, first party and birth date."""
    entry = session.get_one(FilingPlanEntry, "50")
    scope_id = places.responsible_scope(session, entry, "SO")
    given, family = _GIVEN.split(), _FAMILY.split()
    files, parties, noted = [], [], []
    for number in range(1, count + 1):
        reference, id_ = f"50/2026/{number:06d}", new_id()
        case = f"WG-{number:06d}"
        files.append(
            {
                "id": id_, "reference": reference, "reference_sort": references.reference_sort(reference),
                "reference_key": references.reference_key(reference), "filing_plan_code": "50", "title": "Wohngeld",
                "fields": {"fallnummer": case}, "responsible_unit_id": "SO", "access_scope_id": scope_id,
                "created_by": "anna",
            }
        )  # fmt: skip
        for position in range(2):
            middle, tail = chance.choice(given), chance.choice(family)
            name = f"{chance.choice(given)} {middle} {tail}-{chance.choice(family)}"
            born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
            parties.append(
                {"id": new_id(), "case_file_id": id_, "position": position, "role": "Antragsteller", "name": name,
                 "name_key": name_key(name), "birth_date": born}
            )  # fmt: skip
            if position == 0:
                yield reference, name, born
        noted += [
            {"case_file_id": id_, "kind": clue.kind, "key": clue.key, "label": ""}
            for clue in clues.reference_clues(reference)
        ]
        noted.append(
            {"case_file_id": id_, "kind": clues.ClueKind.FIELD, "key": clues.squeezed_key(case), "label": "fallnummer"}
        )
    session.execute(sa.insert(CaseFile), files)
    session.execute(sa.insert(Party), parties)
    session.execute(sa.insert(clues.Clue), noted)


def _measure(service: Service, known: list[tuple[str, str, date]], chance: random.Random) -> list[Measure]:
    with service.database.writing() as session:
        actor = actors.actor_for(session, "anna")
        scope_id = places.inbox_scope(session, "SO")
        document = documents.add_document(
            session, "anna", DocumentWish("Eingang", DocumentKind.INCOMING), case_file_id=None, scope_id=scope_id
        )
        stored = StoredFile(BlobRef("0" * 64, 1))
        version = documents.add_first_version(session, document, stored, "anna", page_count=1)
        document.status = DocumentStatus.READY
        page = Page(version_id=version.id, page_number=1, width_mm=210, height_mm=297, text="",
                    words=page_words.pack(()), source=TextSource.OCR)  # fmt: skip
        session.add(page)
    kinds: dict[str, Callable[[str, str, date], str]] = {
        "reference, name and birth date": lambda ref, name, born: f"Zu {ref}: {name}, geb. {born:%d.%m.%Y}",
        "misread reference": lambda ref, _name, _born: f"Ihr Zeichen {ref.replace('0', 'O').replace('/', 'l', 1)}",
        "name and birth date only": lambda _ref, name, born: f"{name}, geboren am {born:%d.%m.%Y}",
        "nothing": lambda _ref, _name, _born: "Jetzt günstig: Toner",
    }
    measures: list[Measure] = []
    for kind, write in kinds.items():
        times, hits = [], 0
        for reference, name, born in chance.choices(known, k=LETTERS):
            with service.database.writing() as session:
                session.get_one(Page, (version.id, 1)).text = f"{write(reference, name, born)}\n{_filler(chance)}"
            with service.database.reading() as session:
                row = session.get_one(Document, document.id)
                began = time.process_time()
                found = suggest(session, actor, row)
                times.append((time.process_time() - began) * 1000)
            hits += bool(found) and found[0].case_file.reference == reference
        times.sort()
        detail = f"median {statistics.median(times):.1f} ms; right one first {hits} of {LETTERS}"
        measures.append(Measure(kind, times[int(LETTERS * 0.95)], "ms", LIMIT_MS, detail=detail))
    return measures


def _filler(chance: random.Random) -> str:
    """A page of letter with amounts, days, telephone and account numbers."""
    lines = [
        f"Sehr geehrte Damen und Herren, am {chance.randint(1, 28)}.{chance.randint(1, 12)}.2026 habe ich den Betrag "
        f"von {chance.randint(10, 900)},{chance.randint(10, 99)} Euro auf das Konto DE{chance.randrange(10**20):020d}\n"
        f"überwiesen. Sie erreichen mich unter 0{chance.randrange(10**9)} / {chance.randrange(10**4)} oder in der "
        f"Langen Straße {chance.randint(1, 99)} in {chance.randint(10_000, 99_999)} Neustadt an der Weinstraße."
        for _ in range(12)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
