"""What organisation files say of checks, agreement, devices and pseudonyms of scanning stations."""

from __future__ import annotations

import pytest

from eakte.errors import Invalid
from eakte.principals import Station
from eakte.scan_profiles import AGREEMENT, settings_of
from eakte.transfer_note_tables import StationOperator
from tests.domain.organisations import CITY, Desk

OPERATORS = """
stations:
  - id: scan-1
    name: Poststelle
    unit: PO
    device: Scanner S-7900
    operators: [{pseudonym: op-7, person: otto}, {pseudonym: op-8, name: Erika Fremd}]
"""


def test_a_station_has_a_device_and_pseudonyms_that_keep_their_meaning(desk: Desk) -> None:
    desk.apply(CITY)

    assert desk.apply(OPERATORS) == [
        "Scanstation scan-1 „Poststelle“ geändert: Gerät „Scanner S-7900“ statt (leer)",
        "Pseudonym „op-7“ der Scanstation scan-1 angelegt",
        "Pseudonym „op-8“ der Scanstation scan-1 angelegt",
    ]
    assert desk.apply(OPERATORS) == []
    assert desk.session.get_one(StationOperator, ("scan-1", "op-7")).person_id == "otto"
    assert desk.session.get_one(StationOperator, ("scan-1", "op-8")).name == "Erika Fremd"
    desk.apply("stations: [{id: scan-1, name: Poststelle, unit: PO}]")
    assert desk.session.get(StationOperator, ("scan-1", "op-7")) is not None
    assert desk.session.get_one(Station, "scan-1").device == ""


@pytest.mark.parametrize(
    ("operators", "line"),
    [
        ("{pseudonym: op-7, person: anna}", "meint schon jemand anderen"),
        ("{pseudonym: op-9}", "entweder „person“"),
        ("{pseudonym: op-9, person: anna, name: Anna}", "entweder „person“"),
        ("{pseudonym: op-9, person: niemand}", "„niemand“ ist keine Person"),
        ("{pseudonym: op-9, name: A}, {pseudonym: op-9, name: B}", "nur einen Menschen"),
    ],
)
def test_a_wrong_pseudonym_is_refused_with_its_line(desk: Desk, operators: str, line: str) -> None:
    desk.apply(CITY)
    desk.apply(OPERATORS)

    with pytest.raises(Invalid) as refused:
        desk.apply(f"stations:\n  - {{id: scan-1, name: P, unit: PO, operators: [{operators}]}}")

    told = " ".join(field.detail for field in refused.value.fields) + str(refused.value)
    assert line in told
    assert "Zeile 2" in told


def test_a_profile_words_its_agreement_and_names_share_and_procedure(desk: Desk) -> None:
    default = settings_of(desk.session, "default")
    assert (default.quality_share, default.agreement, default.procedure) == (5, AGREEMENT, "")

    desk.apply(
        "scan_profiles: [{id: default, name: Standard, quality_share: 20, agreement: Stimmt überein., "
        "procedure: Verfahrensanweisung 2.1}]"
    )

    changed = settings_of(desk.session, "default")
    assert (changed.quality_share, changed.agreement) == (20, "Stimmt überein.")
    assert changed.procedure == "Verfahrensanweisung 2.1"
    for share in ("101", "-1", "viel"):
        with pytest.raises(Invalid) as refused:
            desk.apply(f"scan_profiles: [{{id: default, name: Standard, quality_share: {share}}}]")
        assert "quality_share" in str(refused.value.fields)
