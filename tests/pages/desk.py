"""A browser without script: follows addresses, reads pages, fills in their forms as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from xml.etree.ElementTree import Element

from httpx import Response
from starlette.testclient import TestClient
from tinyhtml5.parser import HTMLParser  # type: ignore[import-untyped]

from api.application import build_application
from api.pages.visits import SESSION_COOKIE
from api.service import Service
from tests.pages.town import PASSWORD, Town

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
    faults: list[Any] = field(init=False)
    """What the HTML parser had to put right."""

    def __post_init__(self) -> None:
        parser = HTMLParser()
        self.root = parser.parse(self.response.text)
        self.faults = list(parser.errors)

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

    def all(self, tag: str, /, **attributes: str) -> list[Element]:
        """Elements by name and attributes (`class_` for class)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.root.iter()
            if isinstance(element.tag, str)
            and element.tag.endswith(f"}}{tag}")
            and all(element.get(key) == value for key, value in wanted.items())
        ]

    def texts(self, tag: str, /, **attributes: str) -> list[str]:
        return [" ".join("".join(element.itertext()).split()) for element in self.all(tag, **attributes)]

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

    def unlabelled(self) -> list[str]:
        """Names of fields that no label speaks for."""
        named = {label.get("for") for label in self.all("label")}
        inside = {id(one) for label in self.all("label") for one in label.iter()}
        return [
            field.get("name", "?")
            for field in (*self.all("input"), *self.all("select"), *self.all("textarea"), *self.all("progress"))
            if field.get("type") != "hidden" and field.get("id") not in named and id(field) not in inside
        ]


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

    def come_in(self, town: Town, name: str) -> None:
        """Open the browser somebody is signed in with already."""
        self.client.cookies.set(SESSION_COOKIE, town.sessions[name])

    def sign_in(self, name: str, password: str = PASSWORD, *, target: str = "/") -> Screen:
        form = self.open(f"/anmelden?ziel={target}").form("/anmelden")
        return self.send(form, name=name, passwort=password)
