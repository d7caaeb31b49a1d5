"""The watch folder: what a scanner leaves comes in once, whole, and whoever is killed in between loses nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from api.folders_at_rest import DONE, REFUSED, TAKEN, Rounds, held
from api.watch import watch
from api.watch_folder import WatchFolder
from eakte.errors import Conflict, Unavailable
from eakte.intake import receive
from eakte.scan_tables import ScanFile
from tests.api.city import City
from tests.api.watched import SCAN, Post, text_of_refusal


@pytest.fixture
def post(city: City, tmp_path: Path) -> Post:
    return Post(city, tmp_path / "scans")


def test_a_scan_becomes_a_stack_and_is_put_away(post: Post) -> None:
    post.put("Größe 1.PDF")

    post.watch().look()

    (batch,) = post.batches()
    assert (batch.station_id, batch.operator, batch.profile, batch.channel) == ("scan-1", "op-7", "default", "post")
    assert batch.batch_id.startswith("Größe 1-")
    with post.city.service.database.reading() as session:
        (file,) = receive.files_of(session, batch)
    assert file.file_name == "Größe 1.PDF"
    assert post.city.service.blobs.open(file.sha256).read() == SCAN
    assert (post.lying(), post.in_place(DONE), post.in_place(TAKEN)) == ([], ["Größe 1.PDF"], [])


@pytest.mark.parametrize(
    "sidecar",
    [
        pytest.param(
            b'\xef\xbb\xbf{"operator": "M. M\xc3\xbcller", "batch_id": "7", "received_on": "2026-10-31",'
            b' "expected_sheets": 2, "patch_codes": [3, 7]}',
            id="json",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="iso-8859-1"?><stapel xmlns="urn:x"><operator>M. Müller</operator>'
            "<batch_id>7</batch_id><received_on>2026-10-31</received_on><expected_sheets>2</expected_sheets>"
            "<patch_codes><page>3</page><page>7</page></patch_codes></stapel>".encode("latin-1"),
            id="xml",
        ),
    ],
)
@pytest.mark.parametrize("name", ["scan{}", "scan.pdf{}"])
def test_a_sidecar_tells_of_its_scan(post: Post, sidecar: bytes, name: str) -> None:
    post.put(name.format(".xml" if sidecar.startswith(b"<") else ".json"), sidecar)
    post.put("scan.pdf")

    post.watch().look()

    (batch,) = post.batches()
    assert (batch.operator, batch.batch_id, batch.expected_sheets) == ("M. Müller", "7", 2)
    assert batch.received_on.isoformat() == "2026-10-31"
    assert batch.patch_codes == [{"file": 0, "page": 3}, {"file": 0, "page": 7}]
    assert (post.lying(), len(post.in_place(DONE))) == ([], 2)


@pytest.mark.parametrize(
    ("name", "sidecar", "told"),
    [
        ("scan.json", b'{"batch_id": "7"', "kein JSON"),
        ("scan.json", b"[1]", "Schlüsseln und Werten"),
        ("scan.json", b'{"farbe": "rot"}', "farbe: Dieses Feld ist hier nicht bekannt."),
        ("scan.json", b'{"expected_sheets": -1}', "expected_sheets: "),
        ("scan.json", b'{"station": "scan-2"}', "scan-2"),
        ("scan.json", b'{"profile": "bunt"}', "default"),
        ("scan.json", b'{"patch_codes": [0]}', "patch_codes"),
        ("scan.json", b'{"patch_codes": [{"file": 1, "page": 1}]}', "patch_codes/0/file"),
        ("scan.json", b'{"uploads": []}', "uploads"),
        ("scan.xml", b"<a><operator>x</operator>", "kein lesbares XML"),
        ("scan.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a><operator>&b;</operator></a>', "DOCTYPE"),
        ("scan.xml", b"<a><operator>x</operator><operator>y</operator></a>", "zweimal"),
        ("scan.xml", b'<a><operator name="x"/></a>', "Attributen"),
        ("scan.xml", b"<a><operator><name>x</name></operator></a>", "nur ein Wert"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_with_its_reason(post: Post, name: str, sidecar: bytes, told: str) -> None:
    post.put("scan.pdf")
    post.put(name, sidecar)
    watch = post.watch()

    watch.look()

    assert told in text_of_refusal(post)
    assert (post.batches(), post.lying(), watch.refused) == ([], [], 1)
    assert post.in_place(REFUSED) == sorted([name, "scan.pdf", "scan.pdf.txt"])


def test_sub_folders_are_profiles_and_an_unknown_one_is_refused(post: Post) -> None:
    post.put("default/a.tif")
    post.put("bunt/b.tif")

    post.watch().look()

    assert [batch.batch_id[:2] for batch in post.batches()] == ["a-"]
    assert post.in_place(DONE) == ["default/a.tif"]
    assert post.in_place(REFUSED) == ["bunt/b.tif", "bunt/b.tif.txt"]
    assert "Vorhanden sind: default" in text_of_refusal(post)


def test_the_same_delivery_twice_is_one(post: Post) -> None:
    for _ in range(2):
        post.put("scan.pdf")
        post.watch().look()
    post.put("anders.pdf")
    post.put("scan.pdf", SCAN + b" von morgen")
    post.watch().look()

    assert len(post.batches()) == 3
    assert "war schon da" in post.lines[1]
    assert len(post.in_place(DONE)) == 4


def test_another_scan_under_a_used_number_is_refused(post: Post) -> None:
    for content in (SCAN, SCAN + b" anders"):
        post.put("scan.pdf", content)
        post.put("scan.json", b'{"batch_id": "7"}')
        post.watch().look()

    assert len(post.batches()) == 1
    assert "andere Dateien" in text_of_refusal(post)


# -- half-written, busy, renamed, read-only --------------------------------------------------------------


def test_a_file_is_taken_once_it_has_come_to_rest_and_nobody_writes_to_it(post: Post) -> None:
    watch = post.watch(settle_s=5)
    path = post.put("scan.pdf", SCAN[:4])

    def look_at(moment: float) -> int:
        post.now = moment
        watch.look()
        return len(post.batches())

    assert look_at(0) == look_at(4.9) == 0
    with path.open("ab") as scanner:
        scanner.write(SCAN[4:])
        scanner.flush()
        assert look_at(5) == look_at(9.9) == 0
        assert look_at(20) == 0, "still open"
    assert look_at(21) == 1
    with post.city.service.database.reading() as session:
        (file,) = session.exec(select(ScanFile)).all()
    assert post.city.service.blobs.open(file.sha256).read() == SCAN


def test_names_of_unfinished_files_and_what_is_no_scan_stay(post: Post) -> None:
    names = ["a.pdf.part", "b.tmp", ".c.pdf", "~d.pdf", "Thumbs.db", "e.filepart"]
    for name in names:
        post.put(name)
    post.put("f.docx")
    post.put("g.json", b"{}")
    post.put("h.pdf", b"")
    (post.root / "i.pdf").symlink_to("/etc/passwd")
    watch = post.watch()

    watch.look()
    watch.look()

    assert post.batches() == []
    assert {path.name for path in watch.troubles} == {"f.docx", "g.json", "h.pdf"}
    assert len(post.lines) == 3, "told once"
    (post.root / "a.pdf.part").rename(post.root / "a.pdf")
    watch.look()
    assert len(post.batches()) == 1


def test_a_scan_may_wait_for_its_sidecar(post: Post) -> None:
    watch = post.watch(needs_sidecar=True)
    post.put("scan.pdf")
    watch.look()
    assert post.batches() == []

    post.put("scan.json", b'{"operator": "op-9"}')
    watch.look()

    assert [batch.operator for batch in post.batches()] == ["op-9"]


def test_a_scan_renamed_between_looking_and_taking_comes_in_once_under_its_new_name(post: Post) -> None:
    post.put("scan.json", b'{"operator": "op-9"}')
    folder = WatchFolder(post.root, settle_s=0)
    path = post.put("scan.pdf")
    (waiting,) = folder.waiting()
    path.rename(post.root / "neu.pdf")

    assert folder.take(waiting) is None

    assert post.lying() == ["neu.pdf", "scan.json"]
    post.watch().look()
    assert [(batch.batch_id[:4], batch.operator) for batch in post.batches()] == [("neu-", "op-7")]


def test_a_file_written_to_while_it_is_read_waits_until_it_is_whole(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = post.watch()
    post.put("scan.pdf", SCAN[:4])
    put = post.city.service.blobs.put

    def put_while_written(content: Any) -> Any:
        stored = put(content)
        with Path(content.name).open("ab") as scanner:
            scanner.write(SCAN[4:])
        return stored

    monkeypatch.setattr(post.city.service.blobs, "put", put_while_written)
    watch.look()
    assert (post.batches(), post.lying()) == ([], [])
    monkeypatch.undo()

    watch.look()

    assert len(post.batches()) == 1
    assert (post.root / DONE).rglob("scan.pdf").__next__().read_bytes() == SCAN


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_real_read_only_folder_is_left_alone_and_told(post: Post) -> None:
    post.put("scan.pdf")
    post.root.chmod(0o500)
    try:
        _left_alone(post)
    finally:
        post.root.chmod(0o700)


def test_a_read_only_folder_is_left_alone_and_told_until_it_may_be_written(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.put("scan.pdf")
    mkdir = os.mkdir

    def refuse(path: Any, *arguments: Any, **options: Any) -> None:
        if post.root in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *arguments, **options)

    monkeypatch.setattr(os, "mkdir", refuse)
    _left_alone(post)
    monkeypatch.undo()

    post.watch().look()

    assert len(post.batches()) == 1


def _left_alone(post: Post) -> None:
    watch = post.watch()
    watch.look()
    watch.look()
    assert (post.batches(), post.lying()) == ([], ["scan.pdf"])
    (line,) = post.lines
    assert "beschrieben" in line


def test_records_that_are_away_leave_a_taken_scan_for_later(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.put("scan.pdf")
    watch = post.watch()

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("Die Datenbank antwortet nicht.")

    monkeypatch.setattr(receive, "receive_batch", away)
    watch.look()
    assert (post.batches(), len(post.in_place(TAKEN)), post.in_place(REFUSED)) == ([], 1, [])
    monkeypatch.undo()

    watch.look()

    assert (len(post.batches()), post.in_place(TAKEN), watch.troubles) == (1, [], {})


def test_one_process_watches_a_folder(post: Post) -> None:
    with held(post.root) as is_locked:
        assert is_locked
        with pytest.raises(Conflict, match="schon"), held(post.root):
            pass


def test_it_watches_until_it_is_told_to_stop(post: Post) -> None:
    stopping = threading.Event()
    looks = 0

    def say(line: str) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            post.put("zweiter.pdf", SCAN + b" zwei")
        else:
            stopping.set()

    post.put("scan.pdf")
    rounds = Rounds(once=False, interval_s=0.01, settle_s=0.05, stopping=stopping, say=say)
    watch(post.city.service, post.root, rounds, station="scan-1", operator="op-7", delete=False, needs_sidecar=False)

    assert [batch.batch_id.partition("-")[0] for batch in post.batches()] == ["scan", "zweiter"]
