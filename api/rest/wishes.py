"""What is asked for in the words of the API, in those of the domain."""

from __future__ import annotations

from api.rest.schemas.case_files import CaseFileIn, PartyIn
from api.rest.schemas.documents import DocumentIn
from eakte.case_files import CaseFileWish
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentWish
from eakte.parties import PartyWish


def case_file_wish(body: CaseFileIn, external_id: str | None) -> CaseFileWish:
    """What a case file is to be opened with; its grants are given apart."""
    return CaseFileWish(
        filing_plan=body.filing_plan,
        title=body.title,
        parties=[party_wish(party) for party in body.parties],
        fields=body.fields,
        responsible_unit=body.responsible_unit,
        external_id=external_id,
        level=body.level,
    )


def party_wish(body: PartyIn) -> PartyWish:
    """A party; an address in lines is kept as they are."""
    if isinstance(body.address, str):
        address: dict[str, str] | None = {"text": body.address}
    else:
        address = None if body.address is None else body.address.model_dump(exclude_none=True)
    return PartyWish(body.role, body.name, body.birth_date, address, body.protected, body.person)


def document_wish(body: DocumentIn) -> DocumentWish:
    """What a document is to be filed as."""
    return DocumentWish(
        title=body.title,
        kind=DocumentKind(body.kind),
        document_date=body.document_date,
        received_on=body.received_on,
        section=body.section,
        proceeding_id=body.proceeding,
        external_id=body.external_id,
    )
