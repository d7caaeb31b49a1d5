"""JSON and XML that other programs wrote, read with a limit and without anything that acts by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from eakte.errors import Invalid

DEEPEST = 50


def read_at_most(path: Path, max_bytes: int, what: str) -> bytes:
    """The whole content of a file.

    Args:
        what: What the file is, for a person, such as `Die Begleitdatei „scan.json“`.

    Raises:
        Invalid: It is larger.
    """
    with path.open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise Invalid(f"{what} ist größer als {max_bytes // 1024} KiB.")
    return content


def json_of(content: bytes, what: str) -> Any:
    """What JSON says.

    Raises:
        Invalid: It is none.
    """
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what} ist kein JSON in UTF-8.") from error


def xml_of(content: bytes, what: str) -> Element:
    """The root of XML, names without their prefix. No document types, so that nothing grows or comes from elsewhere.

    Raises:
        Invalid: It is none, has a document type, or is nested too deeply.
    """
    reading = _Reading()
    try:
        return reading.read(content)
    except expat.ExpatError as error:
        raise Invalid(f"{what} ist kein lesbares XML (Zeile {error.lineno}).") from error
    except (ValueError, LookupError) as error:
        raise Invalid(f"{what}: {error}") from error


class _Reading:
    """State between the parser's callbacks."""

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = 0

    def read(self, content: bytes) -> Element:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._begins
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self._tree.data
        parser.Parse(content, True)
        return self._tree.close()

    def _refuse_doctype(self, *_: Any) -> None:
        raise ValueError("Eine DOCTYPE-Angabe wird nicht angenommen.")

    def _begins(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError("Die Elemente sind zu tief geschachtelt.")
        told = {_local(key): value for key, value in attributes.items() if not key.startswith(("xmlns", "xsi:"))}
        self._tree.start(_local(name), told)

    def _ends(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_local(name))


def _local(name: str) -> str:
    return name.rpartition(":")[2]
