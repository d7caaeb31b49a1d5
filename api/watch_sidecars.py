"""Sidecars (Begleitdateien): what a scanner writes beside a scan, with the keys of `POST /scan-batches`.

JSON or XML: `scan.json` or `scan.xml` beside `scan.pdf`. Patch codes may be plain page numbers, since there is only
one file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from pydantic import ValidationError

from api.field_problems import field_problems
from api.rest.schemas.paper import BatchFactsIn
from eakte.errors import Invalid
from eakte.intake.receive import Delivery

SUFFIXES = (".json", ".xml")
MAX_BYTES = 1024 * 1024
_SEVERAL = "patch_codes"


def delivery_beside(sidecar: Path | None, defaults: Mapping[str, str]) -> Delivery:
    """What is said of a scan: by its sidecar, and by the defaults where that is silent or missing.

    Raises:
        Invalid: The sidecar cannot be read, or says what cannot be; names the keys.
    """
    said = {} if sidecar is None else _read(sidecar)
    name = "" if sidecar is None else sidecar.name
    codes = said.get(_SEVERAL)
    if isinstance(codes, list):
        said[_SEVERAL] = [code if isinstance(code, dict) else {"file": 0, "page": code} for code in codes]
    try:
        facts = BatchFactsIn.model_validate({**defaults, **said})
    except ValidationError as error:
        problems = field_problems(error.errors(), body=said)
        raise Invalid(f"Die Begleitdatei „{name}“ enthält Angaben, die so nicht möglich sind.", *problems) from error
    return Delivery(**facts.model_dump())


def _read(sidecar: Path) -> dict[str, Any]:
    with sidecar.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(f"Die Begleitdatei „{sidecar.name}“ ist größer als {MAX_BYTES // 1024} KiB.")
    said = _of_xml(content, sidecar.name) if sidecar.suffix.lower() == ".xml" else _of_json(content, sidecar.name)
    if not isinstance(said, dict):
        raise Invalid(f"Die Begleitdatei „{sidecar.name}“ muss aus Schlüsseln und Werten bestehen.")
    return said


def _of_json(content: bytes, name: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"Die Begleitdatei „{name}“ ist kein JSON in UTF-8.") from error


def _of_xml(content: bytes, name: str) -> dict[str, Any]:
    """One element per key below the root; `patch_codes` holds an element per page number."""
    reading = _XmlSidecar()
    try:
        return reading.read(content)
    except expat.ExpatError as error:
        message = f"Die Begleitdatei „{name}“ ist kein lesbares XML (Zeile {error.lineno})."
        raise Invalid(message) from error
    except ValueError as error:
        raise Invalid(f"Die Begleitdatei „{name}“: {error}") from error


class _XmlSidecar:
    """State between the parser's callbacks."""

    def __init__(self) -> None:
        self._said: dict[str, Any] = {}
        self._path: list[str] = []
        self._text = ""

    def read(self, content: bytes) -> dict[str, Any]:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._begins
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self._reads
        parser.Parse(content, True)
        return self._said

    def _refuse_doctype(self, *_: Any) -> None:
        raise ValueError("Eine DOCTYPE-Angabe wird nicht angenommen.")

    def _begins(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        self._text = ""
        if any(not key.startswith(("xmlns", "xsi:")) for key in attributes):
            raise ValueError(f"Angaben stehen in Elementen, nicht in Attributen; bitte „{name}“ ändern.")
        depth = len(self._path)
        if depth == 2:
            if self._path[1] in self._said:
                raise ValueError(f"„{self._path[1]}“ steht zweimal da.")
            self._said[self._path[1]] = [] if self._path[1] == _SEVERAL else ""
        elif depth > 2 and (depth > 3 or self._path[1] != _SEVERAL):
            raise ValueError(f"In „{self._path[1]}“ wird nur ein Wert erwartet.")

    def _ends(self, _: str) -> None:
        depth, text = len(self._path), self._text.strip()
        if depth == 3:
            self._said[_SEVERAL].append(text)
        elif depth == 2 and self._path[1] != _SEVERAL:
            self._said[self._path[1]] = text
        self._path.pop()
        self._text = ""

    def _reads(self, text: str) -> None:
        self._text += text
