"""What the columns of an index file mean (`drop.yaml`): which names the case file, the file, and what to file it as."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from eakte.apply.problems import Problems
from eakte.apply.wording import in_german
from eakte.apply.yaml_lines import read_yaml
from eakte.errors import Invalid

MAPPING = "drop.yaml"
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(_Part):
    """Where one value comes from.

    Attributes:
        column: Name of a column, or the way to an element or key (`kopf/datum`, `@nr`).
        value: The same for every row.
        default: Where the column is empty.
        format: How a date is written there, as Python's `strptime` says it.
        words: What the words there mean.
    """

    column: str | None = Field(default=None, alias="from", min_length=1)
    value: str | None = None
    default: str | None = None
    format: str | None = None
    words: dict[str, str] = Field(default_factory=dict)

    def meaning(self, found: str | None) -> str | None:
        """What a cell means; None where it is empty and nothing stands for that.

        Raises:
            Invalid: It is no date as the format says.
        """
        if self.value is not None:
            return self.value
        text = (found or "").strip()
        if not text:
            return self.default
        if self.format is not None:
            try:
                return datetime.strptime(text, self.format).date().isoformat()  # noqa: DTZ007 - a day has no zone
            except ValueError as error:
                raise Invalid(f"„{text}“ ist kein Datum der Form {self.format}.") from error
        return self.words.get(text, text)


def day_in(text: str) -> str:
    """A day in the usual spellings as ISO 8601; anything else as it is, to be refused with its field."""
    for spelling in _DATE_FORMATS:
        try:
            day: date = datetime.strptime(text, spelling).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return day.isoformat()
    return text


def _named(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


From = Annotated[Source, BeforeValidator(_named)]
"""A source; a mere text is the name of its column."""


def _column(name: str) -> Source:
    return Source.model_validate({"from": name})


class IndexPart(_Part):
    """How index files look.

    Attributes:
        name: Which files are one, such as `*.csv`; by the format when left out.
        format: By the file's suffix when left out.
        records: Way to the rows in XML or JSON; when left out, the elements below the root, or the list.
    """

    name: str | None = Field(default=None, min_length=1)
    format: Literal["csv", "xml", "json"] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ";"
    encoding: str = "utf-8"
    header: bool = True
    records: str = ""


class CaseFilePart(_Part):
    """What names the case file: its reference in any spelling, or the system's own id; the reference comes first."""

    reference: From = _column("reference")
    external_id: From = _column("case_file")


class DocumentPart(_Part):
    """As what a file is filed; the keys of `POST /case-files/{id}/documents`."""

    title: From = _column("title")
    kind: From = _column("kind")
    document_date: From = _column("document_date")
    received_on: From = _column("received_on")
    section: From = _column("section")
    proceeding: From = _column("proceeding")
    external_id: From = _column("external_id")


class OpenPartyPart(_Part):
    """A party of a case file that is opened; without a name it is left out."""

    role: From
    name: From
    birth_date: From | None = None
    address: From | None = None


class OpenPart(_Part):
    """With what a case file is opened that the system's id does not name yet."""

    filing_plan: From
    title: From
    responsible_unit: From | None = None
    level: From | None = None
    fields: dict[str, From] = Field(default_factory=dict)
    parties: list[OpenPartyPart] = Field(default_factory=list)


class DropMapping(_Part):
    """The whole file; every key has a default but those of `open`, which is left out to open nothing."""

    index: IndexPart = IndexPart()
    file: From = _column("file")
    case_file: CaseFilePart = CaseFilePart()
    document: DocumentPart = DocumentPart()
    open: OpenPart | None = None


def read_mapping(path: Path) -> DropMapping:
    """Read a mapping.

    Raises:
        Invalid: What is wrong, each with its line.
    """
    try:
        source = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} ist kein UTF-8-Text; bitte als UTF-8 speichern.") from error
    content, lines, found = read_yaml(source)
    problems = Problems(lines, found)
    mapping = DropMapping()
    try:
        mapping = DropMapping.model_validate({} if content is None else content)
    except ValidationError as error:
        for fault in error.errors():
            problems.add(fault["loc"], in_german(fault, DropMapping))
    if mapping.index.encoding not in _known_encodings(mapping.index.encoding):
        problems.add(("index", "encoding"), f"Die Zeichenkodierung „{mapping.index.encoding}“ ist nicht bekannt.")
    problems.settle()
    return mapping


def _known_encodings(name: str) -> tuple[str, ...]:
    try:
        "ä".encode(name)
    except (LookupError, UnicodeEncodeError):
        return ()
    return (name,)
