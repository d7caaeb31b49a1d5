"""What tests of rights through the API are made of."""

from __future__ import annotations

from typing import Any

import pytest

from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import Principal
from tests.api.city import API, City, open_case_file

READ = ["read"]


@pytest.fixture
def case_file(city: City) -> dict[str, Any]:
    """A personnel file: anna and anni lead it (PO), lisa reads the entry, nina knows nothing."""
    return open_case_file(city.client("anna"))


@pytest.fixture
def path(case_file: dict[str, Any]) -> str:
    return f"{API}/case-files/{case_file['id']}"


def grant(to: dict[str, Any], *rights: str, **more: str) -> dict[str, Any]:
    return {"to": to, "rights": list(rights or READ), **more}


def settings(city: City, **values: object) -> None:
    with city.service.database.writing() as session:
        entry = session.get_one(FilingPlanEntry, "11.20")
        for name, value in values.items():
            setattr(entry, name, value)


def ceiling(city: City, name: str, level: int) -> None:
    with city.service.database.writing() as session:
        session.get_one(Principal, name).ceiling = level
