"""A transfer note in German, line by line: the same on screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from eakte.clock import in_city
from eakte.station_operators import OperatorKind
from eakte.transfer_note_tables import CheckResult, Quality
from eakte.transfer_notes import NoteView

QUALITY_WORDS = {
    Quality.NONE: "nicht in der Stichprobe",
    Quality.WAITING: "Prüfung steht aus",
    Quality.GOOD: "geprüft: gut",
    Quality.FAULT: "Mangel",
    Quality.SETTLED: "Mangel erledigt",
}
RESULT_WORDS = {CheckResult.GOOD: "gut", CheckResult.FAULT: "Mangel", CheckResult.SETTLED: "Mangel erledigt"}
_OPERATOR_KINDS = {
    OperatorKind.PERSON: "mit Anmeldung",
    OperatorKind.PSEUDONYM: "Pseudonym, bei der Scanstation auflösbar",
    OperatorKind.WORD: "Angabe der Scanstation",
}
_SIDES = {"simplex": "einseitig", "duplex": "beidseitig", "collated": "beidseitig in zwei Durchgängen"}
_NOT_TOLD = "keine Angabe"


@dataclass(frozen=True)
class NoteSection:
    """A heading and its lines, each with a label."""

    heading: str
    lines: tuple[tuple[str, str], ...]


def sections_of(view: NoteView) -> list[NoteSection]:
    """All a note says, in the order of RESISCAN A.NB.4."""
    facts = view.facts
    several = len(facts["scans"]) > 1
    sections = [NoteSection("Scanprodukt", tuple(_product(view)))]
    for number, scan in enumerate(facts["scans"], start=1):
        heading = f"Erfassung, Stapel {number}" if several else "Erfassung"
        sections.append(NoteSection(heading, tuple(_scan(scan))))
    sections.append(NoteSection("Auffälligkeiten", tuple(_anomalies(facts))))
    sections.append(NoteSection("Vollständigkeit", tuple(_completeness(facts))))
    sections.append(NoteSection("Qualitätssicherung", tuple(_quality(view))))
    sections.append(NoteSection("Übereinstimmung", tuple(_agreement(facts["agreement"]))))
    sections.append(NoteSection("Unversehrtheit", tuple(_seal(view))))
    return sections


def _product(view: NoteView) -> Iterator[tuple[str, str]]:
    product = view.facts["product"]
    yield "Dokument", f"{view.title}, Version {view.facts['version']}"
    pages = _NOT_TOLD if product["pages"] is None else str(product["pages"])
    hidden = product["hidden_pages"]
    yield "Seiten", f"{pages}, leer und ausgeblendet: {_numbers(hidden)}" if hidden else pages
    yield "SHA-256", product["sha256"]


def _scan(scan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Gescannt von", f"{scan['operator']} ({_OPERATOR_KINDS[OperatorKind(scan['operator_kind'])]})"
    yield "Scanstation", f"{scan['station_name']} ({scan['station']}), {scan['unit_name']}"
    yield "Gerät", scan["device"] or _NOT_TOLD
    settings = "; ".join(f"{name}: {_setting(value)}" for name, value in scan["device_settings"].items())
    yield "Einstellungen", settings or _NOT_TOLD
    yield "Scanprofil", _profile(scan)
    if scan["procedure"]:
        yield "Verfahrensanweisung", scan["procedure"]
    yield "Stapel", scan["batch_id"]
    yield "Gescannt am", _moment(scan["scanned_at"])
    yield "Übernommen am", _moment(scan["delivered_at"])
    yield "Eingegangen am", _day(scan["received_on"])
    for file in scan["files"]:
        pages = f", Seite {_numbers(file['pages'])}" if file["pages"] else ""
        yield "Gelieferte Datei", f"{file['name'] or 'ohne Namen'}{pages}; SHA-256 {file['sha256']}"


def _profile(scan: Mapping[str, Any]) -> str:
    settings = scan["profile_settings"]
    if not settings:
        return str(scan["profile"])
    told = [_SIDES[settings["sides"]]]
    told.append("Leerseiten ausgeblendet" if settings["blank_pages"] == "hide" else "Leerseiten wie andere")
    told.append("Trennblätter trennen" if settings["separators"] else "ohne Trennblätter")
    return f"{scan['profile']} ({', '.join(told)})"


def _anomalies(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for scan in facts["scans"]:
        if scan["remarks"]:
            yield "Bemerkung der Scankraft", scan["remarks"]
    for anomaly in facts["anomalies"]:
        yield "Beim Einlesen", anomaly
    if not facts["anomalies"] and not any(scan["remarks"] for scan in facts["scans"]):
        yield "Auffälligkeiten", "keine"


def _completeness(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for scan in facts["scans"]:
        expected = _NOT_TOLD if scan["sheets_expected"] is None else str(scan["sheets_expected"])
        received = _NOT_TOLD if scan["sheets_received"] is None else str(scan["sheets_received"])
        told = f"gezählt {expected}, eingelesen {received}"
        differs = None not in (scan["sheets_expected"], scan["sheets_received"]) and expected != received
        yield f"Blätter im Stapel {scan['batch_id']}", f"{told}: weicht ab" if differs else told
    letter = facts["completeness"]
    if letter is not None:
        told = f"erwartet {_numbers(letter['expected'])}, eingegangen {_numbers(letter['found'])}"
        missing = letter["missing"]
        yield "Blätter des Schreibens", f"{told}; es fehlt {_numbers(missing)}" if missing else f"{told}; vollständig"


def _quality(view: NoteView) -> Iterator[tuple[str, str]]:
    sample = view.facts["quality_assurance"]
    drawn = "ja" if sample["in_sample"] else "nein"
    yield "In der Stichprobe", f"{drawn} (Anteil {sample['share']} Prozent)"
    yield "Stand", QUALITY_WORDS[Quality.WAITING] if view.needs_check else QUALITY_WORDS[view.note.quality]
    for check in view.checks:
        yield "Prüfung", check_line(check)


def check_line(check: Mapping[str, Any]) -> str:
    """A check with who, when and what."""
    line = f"{RESULT_WORDS[CheckResult(check['result'])]}, {check['checker_name']}, {_moment(check['checked_at'])}"
    if check["result"] != CheckResult.SETTLED and check["scanned_by_checker"]:
        line += ", hat auch gescannt"
    if check["remark"]:
        line += f": {check['remark']}"
    return f"{line} – bitte neu scannen" if check["rescan"] else line


def _agreement(agreement: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    if agreement is None:
        yield "Erklärung", "keine abgegeben"
        return
    yield "Erklärung", agreement["statement"]
    yield "Abgegeben von", agreement["made_by"]


def _seal(view: NoteView) -> Iterator[tuple[str, str]]:
    yield "Prüfsumme des Vermerks", f"SHA-256 {view.note.digest}"
    yield "Zustand", "unverändert" if view.is_intact else "NACHTRÄGLICH VERÄNDERT"
    yield "Geschrieben", f"{_moment(view.facts['noted_at'])}, {view.facts['software']}"


def _numbers(numbers: Sequence[int]) -> str:
    """Runs as 1–3, so that five hundred pages stay one line; order is kept."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs) or "keines"


def _setting(value: object) -> str:
    return {True: "ja", False: "nein"}[value] if isinstance(value, bool) else str(value)


def _moment(text: str | None) -> str:
    return _NOT_TOLD if text is None else f"{in_city(datetime.fromisoformat(text)):%d.%m.%Y, %H:%M} Uhr"


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}"
