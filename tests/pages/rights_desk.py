"""Filling in the forms of rights pages, and what is stored of rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from api.service import Service
from eakte.access_tables import AccessExclusion, AccessGrant, RightsProposal
from eakte.audit import AuditEvent
from tests.pages.desk import Desk, Form, Screen
from tests.pages.town import Town

DeskOf = Callable[[str], Desk]


def rights_of(town: Town) -> str:
    return f"/akten/{town.case_file}/rechte"


def ask(desk: Desk, path: str, was: str, **typed: Any) -> Screen:
    """Fill in the form for one kind of change and go to its preview."""
    return desk.send(form_for(desk.open(path), path, was), **typed)


def form_for(screen: Screen, path: str, was: str) -> Form:
    for element in screen.all("form"):
        fields = {one.get("name"): one.get("value") for one in element.iter() if one.get("name")}
        if element.get("action") == f"{path}/vorschau" and fields.get("was") == was:
            element.set("action", "this one")
            form = screen.form("this one")
            return Form(f"{path}/vorschau", form.values, "post")
    raise AssertionError(f"no form for {was}")


def kept(service: Service) -> list[Any]:
    """Everything about rights that is stored, and how long the trail is."""
    with service.database.reading() as session:
        tables = (AccessGrant, AccessExclusion, RightsProposal)
        rows = [row.model_dump() for table in tables for row in session.exec(select(table)).all()]
        changes = [
            one.tag for one in session.exec(select(AuditEvent)) if one.tag not in ("access_explained", "page_read")
        ]
    return [rows, changes]


def grant_preview(desk: Desk, path: str, **typed: Any) -> Screen:
    return ask(desk, path, "grant", to="person", bundle="lesen", **typed)
