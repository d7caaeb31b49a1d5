"""Letters and their templates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import Told, Wish


class LetterTemplateOut(Told):
    """A letter template."""

    id: str = Field(examples=["brief"])
    name: str


class LetterTemplatesOut(Told):
    """All letter templates, `brief` first."""

    items: list[LetterTemplateOut]


class LetterIn(Wish):
    """What a letter is made from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"template": "brief", "data": {"betreff": "Ihr Antrag", "text": "Guten Tag …"}}]
        }
    )
    template: str = Field(examples=["brief"])
    data: dict[str, Any] = Field(default_factory=dict, examples=[{"betreff": "Ihr Antrag", "text": "Guten Tag …"}])
    recipient: UUID | None = Field(default=None, description="A party of the case file")


class LetterOut(Told):
    """A letter (Schreiben)."""

    id: UUID
    case_file_id: UUID
    document_id: UUID
    template: str
    recipient: UUID | None
    status: str = Field(description="draft, approved, posted or cancelled")
    return_code: str = Field(description="On the first sheet expected back", examples=["EA7K3QX9MWTR01H2CN"])
    return_codes: list[str] = Field(description="One per sheet expected back")
    sheets: int = Field(description="How many sheets are expected back")
    created_at: datetime
    approved_at: datetime | None
    posted_on: date | None
    cancelled_at: datetime | None
    answered_on: date | None = Field(description="The day the answer reached the authority")
    answer_document_id: UUID | None
    reply: str = Field(description="none, partial, answer, or undeliverable: the whole letter came back")
    sheets_missing: list[int] = Field(description="Of a partial answer; from 1")
    returned_on: date | None = Field(description="The day the whole letter came back undelivered")
    returned_document_id: UUID | None


class LettersOut(Told):
    """The letters of a case file, newest first."""

    items: list[LetterOut]


class ReplyIn(Wish):
    """What came back, judged anew."""

    outcome: Literal["answer", "undeliverable"]


class PostIn(Wish):
    """When a letter went out."""

    posted_on: date | None = Field(default=None, description="Today when left out")
