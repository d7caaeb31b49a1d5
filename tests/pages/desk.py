"""A browser without script: follows addresses, reads pages, fills in their forms as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from xml.etree.ElementTree import Element

import tinyhtml5
from httpx import Response
from starlette.testclient import TestClient

from api.application import build_application
from api.service import Service
from tests.pages.town import PASSWORD

_HTML = "{http://www.w3.org/1999/xhtml}"
_NOT_SENT = {"checkbox", "radio", "file", "submit"}


@dataclass
class Form:
    """A form of a page with the values it would send."""

    action: str
    values: dict[str, Any]
    method: str = "get"


@dataclass
class Screen:
    """A page as it is shown."""

    response: Response
    root: Element = field(init=False)

    def __post_init__(self) -> None:
        self.root = tinyhtml5.parse(self.response.text)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.raw_path.decode()

    @property
    def text(self) -> str:
        """What can be read, with single blanks."""
        return " ".join("".join(self.root.find(f"{_HTML}body").itertext()).split())  # type: ignore[union-attr]

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Elements by name and attributes (`class_` for class)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.root.iter()
            if isinstance(element.tag, str)
            and element.tag.endswith(f"}}{name}")
            and all(element.get(key) == value for key, value in wanted.items())
        ]

    def texts(self, name: str, **attributes: str) -> list[str]:
        return [" ".join("".join(element.itertext()).split()) for element in self.all(name, **attributes)]

    def links(self) -> list[str]:
        return [element.get("href", "") for element in self.all("a")]

    def form(self, action: str) -> Form:
        """The form that leads to an address."""
        found = next(element for element in self.all("form") if element.get("action") == action)
        values: dict[str, Any] = {}
        for element in found.iter():
            tag, name = str(element.tag).removeprefix(_HTML), element.get("name")
            if name is None:
                continue
            if tag == "input" and (element.get("type") not in _NOT_SENT or element.get("checked") is not None):
                _add(values, name, element.get("value", "on"))
            elif tag == "textarea":
                _add(values, name, element.text or "")
            elif tag == "select":
                options = [one for one in element.iter() if str(one.tag).endswith("}option")]
                chosen = next((one for one in options if one.get("selected") is not None), options[0])
                _add(values, name, chosen.get("value", chosen.text or ""))
        return Form(action, values, found.get("method", "get"))

    def has_form(self, action: str) -> bool:
        return any(element.get("action") == action for element in self.all("form"))


def _add(values: dict[str, Any], name: str, value: str) -> None:
    values.setdefault(name, []).append(value)


class Desk:
    """A browser into a service."""

    def __init__(self, service: Service, *, base_url: str = "http://testserver") -> None:
        self.service = service
        self.client = TestClient(build_application(service), base_url=base_url, raise_server_exceptions=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def open(self, path: str) -> Screen:
        return Screen(self.client.get(path))

    def send(self, form: Form, **changes: Any) -> Screen:
        """Send a form with some fields filled in; a list repeats a field."""
        return Screen(self.client.post(form.action, data={**form.values, **changes}))

    def upload(self, form: Form, files: list[tuple[str, bytes]], **changes: Any) -> Screen:
        """Send a form with files."""
        parts = [("file", (name, content, "application/pdf")) for name, content in files]
        return Screen(self.client.post(form.action, data={**form.values, **changes}, files=parts))

    def sign_in(self, name: str, password: str = PASSWORD, *, target: str = "/") -> Screen:
        form = self.open(f"/anmelden?ziel={target}").form("/anmelden")
        return self.send(form, name=name, passwort=password)
