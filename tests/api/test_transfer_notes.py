"""Transfer notes over the API: as JSON, as paper, as export; checks by sample; pseudonyms."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from eakte.scan_profiles import ScanProfile
from tests.api.city import API, City, deliver, pointers, refused, told
from tests.api.paper import text_pdf

FOREIGN = text_pdf("Ein fremdes Schreiben ohne Code")


@pytest.fixture
def scanned(city: City) -> tuple[City, dict[str, Any], str]:
    """A city whose scans are all in the sample; a stack of one document that waits for the unit POST."""
    with city.service.database.writing() as session:
        session.get_one(ScanProfile, "default").quality_share = 100
    batch = told(
        deliver(
            city.client("scan-1"),
            FOREIGN,
            device="Scanner S-7900",
            device_settings={"resolution_dpi": 300, "colour": "grey", "duplex": True},
            remarks="=Blatt 1 eingerissen",
        ),
        201,
    )
    city.work_off()
    done = told(city.client("scan-1").get(f"{API}/scan-batches/{batch['id']}"))
    return city, batch, f"{API}/documents/{done['items'][0]['document_id']}"


def test_a_note_is_told_printed_and_exported_to_whoever_may_read_the_document(
    scanned: tuple[City, dict[str, Any], str],
) -> None:
    city, batch, document = scanned
    nina = city.client("nina")

    note = told(nina.get(f"{document}/transfer-note"))

    written = json.dumps(note["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert note["digest"] == hashlib.sha256(written.encode()).hexdigest()
    assert (note["intact"], note["quality"], note["needs_check"]) == (True, "waiting", True)
    assert note["sha256"] == told(nina.get(document))["sha256"]
    (scan,) = note["content"]["scans"]
    assert scan["device_settings"] == {"resolution_dpi": 300, "colour": "grey", "duplex": True}
    for answer in (
        nina.get(f"{document}/transfer-note", headers={"Accept": "application/pdf"}),
        nina.get(f"{document}/transfer-note.pdf"),
    ):
        assert answer.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert all(word in text for word in ("Transfervermerk", "Scanner S-7900", "stimmt bildlich", note["digest"]))
    lines = nina.get(f"{API}/scan-batches/{batch['id']}/transfer-notes").text.splitlines()
    assert [json.loads(line)["digest"] for line in lines] == [note["digest"]]
    table = nina.get(f"{API}/scan-batches/{batch['id']}/transfer-notes", params={"format": "csv"}).text
    (row,) = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")), delimiter=";")
    assert (row["operator"], row["anomalies"]) == (scan["operator"], "'=Blatt 1 eingerissen")

    for path in (f"{document}/transfer-note", f"{document}/transfer-note.pdf"):
        refused(city.client("otto").get(path), 404)
    refused(city.client("otto").get(f"{API}/scan-batches/{batch['id']}/transfer-notes"), 404)
    refused(nina.get(f"{document}/transfer-note", params={"version": 2}), 404)


def test_checks_are_made_by_people_and_a_fault_waits_for_the_station(
    scanned: tuple[City, dict[str, Any], str],
) -> None:
    city, _, document = scanned
    nina, checks = city.client("nina"), f"{document}/quality-checks"
    waiting = f"{API}/quality-checks"
    assert [one["quality"] for one in told(nina.get(waiting))["items"]] == ["waiting"]
    assert told(city.client("otto").get(waiting))["items"] == []
    refused(city.client("otto").post(checks, json={"result": "good"}), 404)
    refused(city.client("scan-1").post(checks, json={"result": "good"}), 404)
    assert pointers(nina.post(checks, json={"result": "fault"})) == ["/remark"]

    fault = {"result": "fault", "remark": "abgeschnitten", "rescan": True}
    note = told(nina.post(checks, json=fault, headers={"Idempotency-Key": "1"}), 201)

    assert told(nina.post(checks, json=fault, headers={"Idempotency-Key": "1"}), 201) == note
    assert (note["quality"], note["needs_check"], note["intact"]) == ("fault", False, True)
    assert [(check["checker_name"], check["remark"]) for check in note["checks"]] == [("Nina Niemand", "abgeschnitten")]
    (line,) = told(nina.get(f"{waiting}/faults"))["items"]
    assert (line["remark"], line["rescan"], line["files"][0]["pages"]) == ("abgeschnitten", True, [1])
    assert told(city.client("otto").get(f"{waiting}/faults"))["items"] == []
    settle = f"{waiting}/{line['note_id']}/settle"
    refused(city.client("otto").post(settle, json={"remark": "egal"}), 404)
    assert nina.post(settle, json={"remark": "neu gescannt"}).status_code == 204
    refused(nina.post(settle, json={"remark": "neu gescannt"}), 409)


def test_pseudonyms_are_resolved_for_administrators_only(shared_city: City) -> None:
    path, body = f"{API}/stations/scan-1/operators/resolve", {"pseudonym": "otto", "reason": "Rückfrage"}

    assert told(shared_city.client("adam").post(path, json=body))["name"] == "Otto Öl"
    refused(shared_city.client("nina").post(path, json=body), 403)
    refused(shared_city.client("otto").post(path, json=body), 404)
    assert pointers(shared_city.client("adam").post(path, json={**body, "pseudonym": "op-9"})) == ["/pseudonym"]


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"device_settings": {"dpi": 1.5}}, "/metadata/device_settings/dpi"),
        ({"device_settings": ["300"]}, "/metadata/device_settings"),
        ({"device": "x" * 301}, "/metadata/device"),
        ({"remarks": 5}, "/metadata/remarks"),
    ],
)
def test_wrong_words_on_the_device_are_named(shared_city: City, metadata: dict[str, Any], pointer: str) -> None:
    named = pointers(deliver(shared_city.client("scan-1"), FOREIGN, **metadata))

    assert all(one.startswith(pointer) for one in named)
    assert named
