"""A folder that a specialist system fills by night, in a city, for tests."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sqlmodel import select

from api.drop import Drop
from api.drop_folder import REPORT, DropFolder
from api.drop_mapping import MAPPING, read_mapping
from api.folders_at_rest import DONE, REFUSED, TAKEN
from eakte.document_tables import Document
from tests.api.city import City, open_case_file

SLIP = b"%PDF-1.7 ein Beleg"
MAPPING_OF_PAY = """
file: Datei
case_file: {reference: Akte, external_id: PersNr}
document:
  title: {from: Art, default: Beleg}
  kind: {value: outgoing}
  document_date: {from: Tag, format: "%d/%m/%y"}
  section: {from: Register, words: {B: Bezüge, V: Vertrag}}
  external_id: Beleg
"""
OPENING = """
open:
  filing_plan: {value: "11.20"}
  title: {from: Name}
  fields: {personnel_no: PersNr}
  parties: [{role: {value: Beschäftigte}, name: Name, birth_date: Geboren}]
"""


class Night:
    """The folder, and who files what lies there."""

    def __init__(self, city: City, root: Path, mapping: str = MAPPING_OF_PAY) -> None:
        self.city, self.root = city, root
        self.lines: list[str] = []
        self.now = 0.0
        root.mkdir()
        (root / MAPPING).write_text(mapping, "utf-8")

    def drop(self, *, settle_s: float = 0.0, patience_s: float = 60.0, delete: bool = False) -> Drop:
        mapping = read_mapping(self.root / MAPPING)
        folder = DropFolder(self.root, mapping, settle_s=settle_s, patience_s=patience_s, clock=lambda: self.now)
        return Drop(self.city.service, folder, mapping, "km-personal", delete, self.lines.append)

    def put(self, name: str, content: bytes | str = SLIP) -> Path:
        path = self.root / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def case_file(self, **changes: Any) -> dict[str, Any]:
        return open_case_file(self.city.client("km-personal"), **changes)

    def documents(self) -> list[Document]:
        with self.city.service.database.reading() as session:
            return list(session.exec(select(Document).order_by(Document.external_id)))

    def lying(self) -> list[str]:
        """What lies in the folder itself."""
        return sorted(path.name for path in self.root.iterdir() if path.is_file() and path.name != MAPPING)

    def in_place(self, place: str) -> list[str]:
        """Names of the files put away at a place."""
        return sorted(path.name for path in (self.root / place).rglob("*") if path.is_file())

    def report(self, place: str = DONE) -> list[dict[str, str]]:
        """The rows of the only report at a place."""
        (path,) = (self.root / place).rglob(REPORT)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def nothing_is_left(self) -> bool:
        return self.lying() == [] and self.in_place(TAKEN) == [] and self.in_place(REFUSED) == []
