"""Whoever files nightly drops is killed between any two steps: nothing is lost, nothing is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.drop_folder import REPORT
from api.folders_at_rest import DONE, REFUSED, TAKEN
from eakte import documents
from tests.api.city import City
from tests.api.dropped import SLIP, Night
from tests.api.killing import Killed, Killer


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # who is killed closes no file
@pytest.mark.parametrize("delete", [False, True])
def test_killed_between_any_two_steps_every_row_is_dealt_with_once(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delete: bool
) -> None:
    night = Night(city, tmp_path / "lohn")
    reference = night.case_file()["reference"]
    survived, at = False, 0
    while not survived:
        at += 1
        rows = [f"{name}-{at}.pdf;{reference};;;;;{name}-{at}" for name in ("a", "b", "leer")]
        night.put("lohn.csv", "Datei;Akte;PersNr;Art;Tag;Register;Beleg\n" + "\n".join(rows))
        for name, content in (("a", SLIP), ("b", SLIP + b" b"), ("leer", b"")):
            night.put(f"{name}-{at}.pdf", content)
        killer = Killer(at)
        with monkeypatch.context() as patched:
            killer.watch_folder(patched, night.root)
            patched.setattr(documents, "attach_document", killer.around(documents.attach_document))
            try:
                night.drop(delete=delete).look()
                survived = True
            except Killed:
                pass
        night.drop(delete=delete).look()

        numbers = sorted(f"{name}-{n}" for name in ("a", "b") for n in range(1, at + 1))
        assert [document.external_id for document in night.documents()] == numbers, at
        assert (night.lying(), night.in_place(TAKEN)) == ([], []), at
        refused = [name for name in night.in_place(REFUSED) if name != REPORT]
        assert refused == sorted([*(f"leer-{n}.pdf" for n in range(1, at + 1)), *["lohn.csv"] * at]), at
        done = [name for name in night.in_place(DONE) if name != REPORT]
        assert done == ([] if delete else sorted(f"{number}.pdf" for number in numbers)), at
    assert at > 15, "there are more steps than that"
