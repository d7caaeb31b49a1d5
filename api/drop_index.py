"""Index files: CSV, XML or JSON, read into rows whose values are texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from api.drop_mapping import DropMapping, IndexPart, Source
from api.foreign_text import json_of, read_at_most, xml_of
from eakte.errors import Invalid

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000
_FORMATS = ("csv", "xml", "json")


@dataclass(frozen=True)
class Row:
    """One row of an index.

    Attributes:
        number: Its line in CSV, else its position from 1.
        content: Cells by column, an object, or an element.
        trouble: Why nothing can be taken from it.
    """

    number: int
    content: Mapping[str, Any] | Element
    trouble: str | None = None

    def value(self, source: Source) -> str | None:
        """What the row says there; None where it says nothing.

        Raises:
            Invalid: It says something that is no single value.
        """
        if source.column is None:
            return source.meaning(None)
        if isinstance(self.content, Element):
            return source.meaning(_of_element(self.content, source.column))
        return source.meaning(_of_object(self.content, source.column))


def is_index(name: str, part: IndexPart) -> bool:
    """Whether a file is an index, by its name."""
    if part.name is not None:
        return fnmatchcase(name.lower(), part.name.lower())
    return _format(name, part) in _FORMATS and (part.format is None or name.lower().endswith(f".{part.format}"))


def read_index(path: Path, mapping: DropMapping) -> list[Row]:
    """All rows of an index, in their order.

    Raises:
        Invalid: It cannot be read, has no rows, or none of the columns that are to name the file.
    """
    part = mapping.index
    what = f"Die Indexdatei „{path.name}“"
    content = read_at_most(path, MAX_BYTES, what)
    kind = _format(path.name, part)
    if kind == "xml":
        rows = [Row(number, element) for number, element in enumerate(_elements(xml_of(content, what), part), start=1)]
    elif kind == "json":
        found = _list(json_of(content, what), part, what)
        rows = [Row(number, value) for number, value in enumerate(found, start=1)]
    elif kind == "csv":
        rows = list(_of_csv(content, mapping, what))
    else:
        raise Invalid(f"{what}: Ihr Format ist nicht zu erkennen; bitte „index: {{format: …}}“ in drop.yaml angeben.")
    if not rows:
        raise Invalid(f"{what} enthält keine Zeile.")
    if len(rows) > MAX_ROWS:
        raise Invalid(f"{what} hat mehr als {MAX_ROWS} Zeilen; bitte teilen.")
    return rows


def _format(name: str, part: IndexPart) -> str:
    return part.format or Path(name).suffix.lower().removeprefix(".")


def _of_csv(content: bytes, mapping: DropMapping, what: str) -> Iterator[Row]:
    part = mapping.index
    encoding = "utf-8-sig" if part.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else part.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        remedy = "bitte so speichern oder „index: {encoding: …}“ in drop.yaml ändern, etwa in cp1252"
        raise Invalid(f"{what} ist kein Text in {part.encoding}; {remedy}.") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=part.delimiter, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise Invalid(f"{what} ist kein lesbares CSV (Zeile {reader.line_num}): {error}.") from error
    names = [name.strip() for name in lines.pop(0)[1]] if part.header and lines else None
    if names is not None:
        _check_columns(names, mapping, what)
    for number, cells in lines:
        columns = names or [str(position) for position in range(1, len(cells) + 1)]
        trouble = None if len(cells) <= len(columns) else "Die Zeile hat mehr Werte als die Kopfzeile Spalten."
        yield Row(number, dict(zip(columns, cells, strict=False)), trouble)


def _check_columns(names: list[str], mapping: DropMapping, what: str) -> None:
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise Invalid(f"{what}: Die Spalte „{doubled[0]}“ gibt es zweimal.")
    column = mapping.file.column
    if column is not None and column not in names:
        raise Invalid(
            f"{what} hat keine Spalte „{column}“, die die Datei nennt; sie hat: {', '.join(names)}. "
            f"Bitte die Spalten oder das Trennzeichen („{mapping.index.delimiter}“) in drop.yaml ändern."
        )


def _elements(root: Element, part: IndexPart) -> list[Element]:
    found = [root]
    for name in _steps(part.records):
        found = [inner for element in found for inner in element if inner.tag == name]
    return found if part.records else list(root)


def _list(said: Any, part: IndexPart, what: str) -> list[Mapping[str, Any]]:
    for name in _steps(part.records):
        said = said.get(name) if isinstance(said, dict) else None
    if isinstance(said, dict) and not part.records:
        said = [said]
    if not isinstance(said, list) or not all(isinstance(value, dict) for value in said):
        where = f" unter „{part.records}“" if part.records else ""
        raise Invalid(f"{what} enthält{where} keine Liste von Objekten.")
    return said


def _of_element(element: Element, way: str) -> str | None:
    *steps, last = _steps(way) or [way]
    found = [element]
    for name in steps:
        found = [inner for outer in found for inner in outer if inner.tag == name]
    if last.startswith("@"):
        texts = [outer.attrib[last[1:]] for outer in found if last[1:] in outer.attrib]
    else:
        inner_ones = [inner for outer in found for inner in outer if inner.tag == last]
        if any(len(inner) for inner in inner_ones):
            raise Invalid(f"„{way}“ enthält weitere Elemente statt eines Wertes.")
        texts = [inner.text or "" for inner in inner_ones]
    if len(texts) > 1:
        raise Invalid(f"„{way}“ steht mehrmals da.")
    return texts[0] if texts else None


def _of_object(content: Mapping[str, Any], way: str) -> str | None:
    value: Any = content.get(way)
    if way not in content:
        value = content
        for name in _steps(way):
            value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, (dict, list)):
        raise Invalid(f"„{way}“ ist kein einzelner Wert.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _steps(way: str) -> list[str]:
    return [step for step in way.split("/") if step]
