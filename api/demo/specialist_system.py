"""First part: the specialist system opens case files and attaches documents, stumbles and repeats itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from api.demo.board import Board
from api.demo.callers import Caller
from api.demo.employees import EMPLOYEES, Employee, payslip

SYSTEM = "km-personal"


@dataclass(frozen=True)
class OpenedFile:
    """A case file that was opened."""

    employee: Employee
    id: UUID
    reference: str
    recipient_id: UUID


def open_case_files(board: Board, system: Caller) -> list[OpenedFile]:
    """Open a case file for each employee, one of them twice."""
    opened = []
    with board.step("Das Fachverfahren legt Akten an") as step:
        for employee in EMPLOYEES:
            answer = system.call("PUT", _path(employee), status=201, json=employee.request).json()
            opened.append(
                OpenedFile(employee, UUID(answer["id"]), answer["reference"], UUID(answer["parties"][0]["id"]))
            )
        step.tell(f"{len(opened)} Personalakten, von {opened[0].reference} bis {opened[-1].reference}")

        again = system.ask("PUT", _path(EMPLOYEES[0]), json=EMPLOYEES[0].request)
        same = again.status_code == 200 and again.json()["id"] == str(opened[0].id)
        step.tell("Derselbe Aufruf noch einmal: 200, dieselbe Akte")
        board.expect(same, f"Dieselbe Akte noch einmal angelegt ergibt 200 und dieselbe Akte ({again.status_code})")
        listed = system.get("/case-files", filing_plan="11.20", limit=50)["items"]
        board.expect(len(listed) == len(EMPLOYEES), f"Es gibt {len(EMPLOYEES)} Akten, keine doppelt ({len(listed)})")
    return opened


def attach_payslips(board: Board, system: Caller, case_files: list[OpenedFile]) -> list[UUID]:
    """Attach a payslip to each case file, one of them twice with the same Idempotency-Key; tells their ids."""
    attached = []
    with board.step("Das Fachverfahren hängt Dokumente an") as step:
        contents = [payslip(case_file.employee) for case_file in case_files]
        for case_file, content in zip(case_files, contents, strict=True):
            answer = system.call(
                "POST", f"/case-files/{case_file.id}/documents", status=201, **_upload(case_file, content)
            )
            attached.append(UUID(answer.json()["id"]))
        step.tell(f"{len(attached)} Entgeltabrechnungen (PDF, ohne Papier entstanden)")

        again = system.ask("POST", f"/case-files/{case_files[0].id}/documents", **_upload(case_files[0], contents[0]))
        same = again.status_code == 201 and again.json()["id"] == str(attached[0])
        step.tell("Derselbe Aufruf noch einmal (gleicher Idempotency-Key): dieselbe Antwort")
        board.expect(same, f"Wiederholtes Anhängen bekommt dieselbe Antwort ({again.status_code})")
        held = system.get(f"/case-files/{case_files[0].id}/documents")["items"]
        board.expect(len(held) == 1, f"Die wiederholte Entgeltabrechnung ist einmal in der Akte ({len(held)})")
    return attached


def _path(employee: Employee) -> str:
    return f"/case-files/by-reference/{SYSTEM}/{employee.personnel_no}"


def _upload(case_file: OpenedFile, content: bytes) -> dict[str, object]:
    number = case_file.employee.personnel_no
    metadata = {
        "title": "Entgeltabrechnung 10/2026",
        "kind": "internal",
        "section": "Bezüge",
        "document_date": "2026-10-31",
        "external_id": f"abrechnung-{number}-2026-10",
    }
    return {
        "files": {"file": (f"abrechnung-{number}.pdf", content, "application/pdf")},
        "data": {"metadata": json.dumps(metadata)},
        "headers": {"Idempotency-Key": f"abrechnung-{number}-2026-10"},
    }
