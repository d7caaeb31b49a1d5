"""An installation to be broken: made once, copied for each test, with letters out and a stack of their answers."""

from __future__ import annotations

import fcntl
import io
import json
import pickle
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pypdfium2
from PIL import Image
from sqlmodel import Session

from api.service import Service
from api.worker import work_off
from eakte import actors, case_files, letters, reading, sign_in
from eakte.apply import apply_organisation
from eakte.case_files import CaseFileWish
from eakte.settings import Settings
from tests.faults.stack import DPI, SLIP_PX, Letter, Stack, make_stack

ORGANISATION = """
units: [{id: SO, name: Soziales}, {id: POST, name: Poststelle}]
people: [{id: anna, name: Änne Ärmel, units: [SO, POST]}]
stations: [{id: scan-1, name: Poststelle, unit: POST}]
filing_plan: [{code: "50", title: Soziales, children: [{code: "50.10", title: Eingliederungshilfe}]}]
grants: [{on: "plan:50", to: {unit: SO}, rights: [Leiten]}]
templates: [{id: zwei, name: Zwei Blatt, file: zwei.html, answer_sheets: all}]
"""
TWO_SHEETS = """{% extends "layout.html" %}
{% block text %}<p>Erstes Blatt</p><p style="page-break-before: always">Zweites Blatt</p>{% endblock %}
"""
LETTERS = ("zwei", "zwei", *["brief"] * 7)


def prepared(folder: Path) -> Path:
    """The folder with an installation and its stack; made by whoever comes first, of several processes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "stack.pickle").exists():
            stack = _make(folder / "data")
            (folder / "stack.pickle").write_bytes(pickle.dumps(stack))
    return folder


def stack_of(folder: Path) -> Stack:
    """The stack that was made with a prepared installation."""
    stack = pickle.loads((folder / "stack.pickle").read_bytes())  # noqa: S301 - we wrote it ourselves
    assert isinstance(stack, Stack)
    return stack


def copied(folder: Path, target: Path) -> Path:
    """A data folder of one's own."""
    shutil.copytree(folder / "data", target)
    return target


@contextmanager
def opened(data_dir: Path) -> Iterator[Service]:
    """The parts of this process on a data folder."""
    service = Service(Settings(data_dir=data_dir))
    try:
        yield service
    finally:
        service.close()


def _make(data_dir: Path) -> Stack:
    data_dir.mkdir()
    (data_dir / "zwei.html").write_text(TWO_SHEETS)
    with opened(data_dir) as service:
        service.prepare()
        with service.database.writing() as session:
            apply_organisation(
                session, service.blobs, source=ORGANISATION, folder=data_dir, actor_id="command-line", dry_run=False
            )
            names = ("anna", "scan-1")
            tokens = {name: sign_in.issue_token(session, name, lifetime=timedelta(days=2))[0] for name in names}
        (data_dir / "tokens.json").write_text(json.dumps(tokens))
        out = [_send(service, template) for template in LETTERS]
        target = service.settings.work_dir / "separators.pdf"
        service.press.separator_sheets(1, target)
        separator = _slips(target.read_bytes(), left_px=430)[0]
        work_off(service)
    _leave_no_log(data_dir)
    return make_stack(out, separator)


def _send(service: Service, template_id: str) -> Letter:
    with service.database.writing() as session:
        anna = actors.actor_for(session, "anna")
        wish = CaseFileWish("50.10", "Eingliederungshilfe", responsible_unit="SO")
        case_file = case_files.open_case_file(session, anna, wish, reference_format="{plan}/{year}/{number:05d}")
        planned = letters.plan_letter(
            session, anna, case_file.id, template_id=template_id, data={}, recipient_id=None, city="Musterstadt"
        )
        rendered = letters.render_letter(planned, service.blobs, service.press, service.settings.work_dir)
        letter = letters.make_letter(session, anna, rendered)
        letters.approve_letter(session, anna, letter.id)
        letters.post_letter(session, anna, letter.id)
        pdf = _bytes_of(service, session, letter.document_id)
        return Letter(str(letter.id), str(case_file.id), tuple(_slips(pdf, left_px=1654 - SLIP_PX[0])))


def _bytes_of(service: Service, session: Session, document_id: object) -> bytes:
    anna = actors.actor_for(session, "anna")
    with reading.open_content(service.blobs, reading.content_of(session, anna, document_id)) as stream:  # type: ignore[arg-type]
        return stream.read()


def _slips(pdf: bytes, *, left_px: int) -> list[Image.Image]:
    """What is printed at the top of each page, as a scanner sees it."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    pages = [page.render(scale=DPI / 72).to_pil().convert("L") for page in document]
    document.close()
    return [page.crop((left_px, 0, left_px + SLIP_PX[0], SLIP_PX[1])) for page in pages]


def _leave_no_log(data_dir: Path) -> None:
    """The copies shall be one file of the database."""
    for _ in range(50):
        if not (data_dir / "eakte.sqlite3-wal").exists():
            return
        time.sleep(0.02)
    raise AssertionError("the database is still open")
