"""Part of its own: rights inside a case file. Who leads it sees the contract, not the sick note."""

from __future__ import annotations

import json

from api.demo.board import Board
from api.demo.callers import Caller
from api.demo.employees import payslip
from api.demo.specialist_system import OpenedFile


def check_sections(board: Board, system: Caller, leader: Caller, reintegration: Caller, case_file: OpenedFile) -> None:
    """A sick note goes into a shielded section: there for the few it is meant for, and for nobody else."""
    with board.step("Im Register Krankheit sieht nicht jeder, wer die Akte führt") as step:
        answer = system.call(
            "POST", f"/case-files/{case_file.id}/documents", status=201, **_sick_note(case_file)
        ).json()
        path = f"/documents/{answer['id']}"
        hidden = leader.ask("GET", path).status_code
        board.expect(hidden == 404, f"Die Krankmeldung gibt es für die Sachbearbeitung nicht ({hidden})")
        listed = {row["id"] for row in leader.get(f"/case-files/{case_file.id}/documents")["items"]}
        board.expect(answer["id"] not in listed, "Auch die Liste der Akte zeigt sie ihr nicht")
        seen = reintegration.get(path)["section"]
        board.expect(seen == "Krankheit", f"Das Eingliederungsmanagement sieht sie im Register Krankheit ({seen})")
        told = reintegration.get("/access/explain", person="anna", object=f"document:{answer['id']}")
        obstacles = [obstacle["text"] for obstacle in told["obstacles"]]
        board.expect(told["rights"] == [] and bool(obstacles), f"Warum nicht, wird erklärt ({obstacles})")
        step.tell(obstacles[0] if obstacles else "ohne Erklärung")


def _sick_note(case_file: OpenedFile) -> dict[str, object]:
    metadata = {"title": "Arbeitsunfähigkeit", "kind": "internal", "section": "Krankheit"}
    return {
        "files": {"file": ("au.pdf", payslip(case_file.employee), "application/pdf")},
        "data": {"metadata": json.dumps(metadata)},
    }
