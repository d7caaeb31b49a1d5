"""Cover sheets."""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.rest.schemas.base import Wish
from eakte.cover_sheets import MOST_SHEETS


class CoverSheetIn(Wish):
    """What one cover sheet steers."""

    case_file_id: UUID
    section: str | None = Field(default=None, min_length=1)
    title: str | None = Field(default=None, min_length=1, max_length=500, description="Of the document")
    kind: Literal["incoming", "outgoing", "internal"] = "incoming"
    profile: str | None = Field(default=None, min_length=1, description="How to scan what lies behind it")
    reusable: bool = Field(default=False, description="Whether it may be laid on one stack after the other")


class CoverSheetsIn(Wish):
    """One cover sheet, or many as `sheets`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"case_file_id": "0192f0c1-6e2a-7b6e-9d55-0f4f5b1c2d3e", "title": "Alter Schriftwechsel"},
                {"sheets": [{"case_file_id": "0192f0c1-6e2a-7b6e-9d55-0f4f5b1c2d3e", "section": "Bescheide"}]},
            ]
        }
    )
    case_file_id: UUID | None = Field(default=None, description="For a single sheet, as all but `sheets`")
    section: str | None = Field(default=None, min_length=1)
    title: str | None = Field(default=None, min_length=1, max_length=500)
    kind: Literal["incoming", "outgoing", "internal"] = "incoming"
    profile: str | None = Field(default=None, min_length=1)
    reusable: bool = False
    sheets: list[CoverSheetIn] | None = Field(default=None, min_length=1, max_length=MOST_SHEETS)

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if (self.case_file_id is None) == (self.sheets is None):
            raise PydanticCustomError(
                "one_or_many", "Bitte entweder „case_file_id“ oder „sheets“ angeben.", {"steps": ("case_file_id",)}
            )
        return self

    def all(self) -> list[CoverSheetIn]:
        """The sheets wished for."""
        if self.sheets is not None:
            return self.sheets
        return [CoverSheetIn.model_validate(self.model_dump(exclude={"sheets"}))]
