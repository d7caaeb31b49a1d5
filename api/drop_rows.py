"""From a row of an index to what is asked for, in the words of the API; checked as a request would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api.drop_index import Row, is_index
from api.drop_mapping import MAPPING, DropMapping, OpenPart, Source, day_in
from api.field_problems import field_problems
from api.rest.schemas.case_files import CaseFileIn
from api.rest.schemas.documents import DocumentIn
from api.rest.wishes import case_file_wish, document_wish
from eakte.case_files import CaseFileWish
from eakte.documents import DocumentWish
from eakte.errors import FieldProblem, Invalid

_DAYS = ("document_date", "received_on", "birth_date")
_KINDS = {"eingang": "incoming", "ausgang": "outgoing", "intern": "internal"}


@dataclass(frozen=True)
class Asked:
    """What a row asks for.

    Attributes:
        reference, external_id: What names the case file; one of them does.
        opening: With what the case file is to be opened, if there is none of that id.
    """

    reference: str | None
    external_id: str | None
    document: DocumentWish
    opening: CaseFileWish | None


def file_named(row: Row, mapping: DropMapping) -> str:
    """The name of the file a row tells of.

    Raises:
        Invalid: None, or one that is no plain name.
    """
    if row.trouble is not None:
        raise Invalid(row.trouble)
    name = row.value(mapping.file)
    if name is None:
        raise Invalid("Die Zeile nennt keine Datei.")
    if "/" in name or "\\" in name or name.startswith(".") or not name.isprintable():
        raise Invalid(f"„{name}“ ist kein einfacher Dateiname; die Dateien liegen neben der Indexdatei.")
    if name == MAPPING or is_index(name, mapping.index):
        raise Invalid(f"„{name}“ ist selbst eine Indexdatei.")
    return name


def asked_by(row: Row, mapping: DropMapping) -> Asked:
    """What a row asks for.

    Raises:
        Invalid: Values are missing or not possible; names the keys and their columns.
    """
    reference, external_id = row.value(mapping.case_file.reference), row.value(mapping.case_file.external_id)
    if reference is None and external_id is None:
        raise Invalid("Die Zeile nennt keine Akte: weder ein Aktenzeichen noch eine Kennung.")
    sources = {name: getattr(mapping.document, name) for name in type(mapping.document).model_fields}
    said = _values(row, sources)
    if "kind" in said:
        said["kind"] = _KINDS.get(str(said["kind"]).lower(), said["kind"])
    try:
        document = document_wish(DocumentIn.model_validate(said))
    except ValidationError as error:
        raise _wrong(error, said, sources) from error
    opens = mapping.open is not None and external_id is not None and reference is None
    opening = _opening(row, mapping.open, external_id) if opens and mapping.open is not None else None
    return Asked(reference, external_id, document, opening)


def _opening(row: Row, part: OpenPart, external_id: str | None) -> CaseFileWish:
    single = {name: getattr(part, name) for name in ("filing_plan", "title", "responsible_unit", "level")}
    said = _values(row, single)
    said["fields"] = _values(row, part.fields)
    people = (_values(row, {name: getattr(party, name) for name in type(party).model_fields}) for party in part.parties)
    said["parties"] = [person for person in people if "name" in person]
    try:
        return case_file_wish(CaseFileIn.model_validate(said), external_id)
    except ValidationError as error:
        raise _wrong(error, said, {**single, **part.fields}) from error


def _values(row: Row, sources: Mapping[str, Source | None]) -> dict[str, Any]:
    """What is said, without what is not; days in ISO 8601."""
    found = ((name, None if source is None else row.value(source)) for name, source in sources.items())
    return {name: day_in(value) if name in _DAYS else value for name, value in _only_said(found)}


def _only_said(found: Iterable[tuple[str, str | None]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in found if value is not None)


def _wrong(error: ValidationError, said: Mapping[str, Any], sources: Mapping[str, Source | None]) -> Invalid:
    problems = []
    for problem in field_problems(error.errors(), body=said):
        source = sources.get(problem.pointer.strip("/"))
        where = "" if source is None or source.column is None else f" (Spalte „{source.column}“)"
        problems.append(FieldProblem(problem.pointer, problem.detail + where))
    return Invalid("Angaben fehlen oder sind so nicht möglich.", *problems)
