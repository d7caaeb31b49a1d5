"""Sidecars (Begleitdateien): what a scanner writes beside a scan, with the keys of `POST /scan-batches`.

JSON or XML: `scan.json` or `scan.xml` beside `scan.pdf`. Patch codes may be plain page numbers, since there is only
one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from pydantic import ValidationError

from api.field_problems import field_problems
from api.foreign_text import json_of, read_at_most, xml_of
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
    what = f"Die Begleitdatei „{sidecar.name}“"
    content = read_at_most(sidecar, MAX_BYTES, what)
    if sidecar.suffix.lower() == ".xml":
        return _of_xml(xml_of(content, what), what)
    said = json_of(content, what)
    if not isinstance(said, dict):
        raise Invalid(f"{what} muss aus Schlüsseln und Werten bestehen.")
    return said


def _of_xml(root: Element, what: str) -> dict[str, Any]:
    """One element per key below the root; `patch_codes` holds an element per page number."""
    said: dict[str, Any] = {}
    for element in root.iter():
        if element.attrib:
            raise Invalid(f"{what}: Angaben stehen in Elementen, nicht in Attributen; bitte „{element.tag}“ ändern.")
    for key in root:
        if key.tag in said:
            raise Invalid(f"{what}: „{key.tag}“ steht zweimal da.")
        if any(len(inner) or key.tag != _SEVERAL for inner in key):
            raise Invalid(f"{what}: In „{key.tag}“ wird nur ein Wert erwartet.")
        said[key.tag] = [_text(inner) for inner in key] if key.tag == _SEVERAL else _text(key)
    return said


def _text(element: Element) -> str:
    return (element.text or "").strip()
