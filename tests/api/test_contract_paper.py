"""Delivering paper, and what waits for people."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pypdf import PdfWriter

from eakte.scan_profiles import ScannedSides, ScanProfile
from tests.api.city import API, City, deliver, open_case_file, pointers, refused, told
from tests.api.paper import text_pdf

BATCHES = f"{API}/scan-batches"
INBOX = f"{API}/inbox"
FOREIGN = text_pdf("Ein fremdes Schreiben ohne Code")


def post_letter(city: City) -> tuple[dict[str, Any], bytes]:
    """A letter that went out, and its sheet."""
    client = city.client("anna")
    case_file = open_case_file(client)
    letter = told(client.post(f"{API}/case-files/{case_file['id']}/letters", json={"template": "brief"}), 201)
    client.post(f"{API}/letters/{letter['id']}/approve")
    told(client.post(f"{API}/letters/{letter['id']}/post"))
    return letter, client.get(f"{API}/documents/{letter['document_id']}/content").content


@pytest.fixture
def waiting(city: City) -> dict[str, Any]:
    """An inbox item of the unit POST."""
    told(deliver(city.client("scan-1"), FOREIGN), 201)
    city.work_off()
    [item] = told(city.client("anna").get(INBOX))["items"]
    assert isinstance(item, dict)
    return item


def test_a_delivery_is_taken_over_once(city: City) -> None:
    client = city.client("scan-1")

    first = deliver(client, FOREIGN, b"x", received_on="2026-01-02", scanned_at="2026-01-02T08:00:00+01:00")
    again = deliver(client, FOREIGN, b"x", operator="op-8")

    batch = told(first, 201)
    assert first.headers["location"] == f"{BATCHES}/{batch['id']}"
    assert batch["status"] == "received"
    assert (batch["received_on"], batch["scanned_at"]) == ("2026-01-02", "2026-01-02T07:00:00Z")
    assert [file["file_name"] for file in batch["files"]] == ["scan-0.pdf", "scan-1.pdf"]
    assert told(again, 200) == batch
    refused(deliver(client, FOREIGN), 409)
    refused(deliver(client, b"x", FOREIGN), 409)
    assert told(deliver(client, FOREIGN, batch_id="stapel-2"), 201)["id"] != batch["id"]
    assert told(deliver(city.client("scan-2"), FOREIGN, station="scan-2"), 201)["id"] != batch["id"]


def test_the_same_delivery_many_times_at_once_is_one(city: City) -> None:
    def send(_: int) -> int:
        return deliver(city.client("scan-1"), FOREIGN).status_code

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, range(10))) == [200] * 9 + [201]


@pytest.mark.parametrize("name", ["scan-2", "km-personal", "otto", "lisa", "adam"])
def test_only_the_station_and_its_unit_deliver(city: City, name: str) -> None:
    refused(deliver(city.client(name), FOREIGN), 403)
    refused(deliver(city.client(name), FOREIGN, station="gibt-es-nicht"), 403)
    told(deliver(city.client("anna"), FOREIGN), 201)


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"profile": "bunt"}, "/metadata/profile"),
        ({"batch_id": ""}, "/metadata/batch_id"),
        ({"batch_id": "x" * 201}, "/metadata/batch_id"),
        ({"operator": " "}, "/metadata/operator"),
        ({"expected_sheets": -1}, "/metadata/expected_sheets"),
        ({"scanned_at": "2026-01-02T08:00:00"}, "/metadata/scanned_at"),
        ({"received_on": "gestern"}, "/metadata/received_on"),
        ({"colour": True}, "/metadata/colour"),
        ({"patch_codes": [{"file": 1, "page": 1}]}, "/metadata/patch_codes/0/file"),
        ({"patch_codes": [{"file": 0, "page": 0}]}, "/metadata/patch_codes/0/page"),
    ],
)
def test_wrong_metadata_is_named(city: City, metadata: dict[str, Any], pointer: str) -> None:
    assert pointers(deliver(city.client("scan-1"), FOREIGN, **metadata)) == [pointer]


def test_a_stack_without_files_is_refused(city: City) -> None:
    metadata = '{"station": "scan-1", "operator": "op-7", "batch_id": "1"}'
    body = f'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{metadata}\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    assert pointers(city.client("scan-1").post(BATCHES, content=body.encode(), headers=kind)) == ["/files"]


def test_an_answer_finds_its_case_file_and_the_rest_waits(city: City) -> None:
    letter, sheet = post_letter(city)
    batch = told(deliver(city.client("scan-1"), FOREIGN, sheet, b"garbage", b""), 201)

    city.work_off()

    done = told(city.client("scan-1").get(f"{BATCHES}/{batch['id']}"))
    assert done["status"] == "done"
    assert [item["outcome"] for item in done["items"]] == ["inbox", "filed", "quarantined", "quarantined"]
    foreign, answer, *broken = done["items"]
    assert answer["case_file_id"] == letter["case_file_id"]
    assert answer["letter_id"] == letter["id"]
    assert answer["pages"] == [{"file": 1, "page": 1}]
    assert answer["completeness"]["complete"]
    assert foreign["case_file_id"] is None
    assert foreign["reason"]
    assert all(item["reason"] and item["document_id"] for item in broken)
    assert [file["refused"] is None for file in done["files"]] == [True, True, False, False]
    answered = told(city.client("anna").get(f"{API}/letters/{letter['id']}"))
    assert answered["answer_document_id"] == answer["document_id"]
    assert answered["answered_on"] == done["received_on"]
    assert (answer["answer"], answered["reply"], answered["sheets_missing"]) == ("answer", "answer", [])
    filed = told(city.client("anna").get(f"{API}/documents/{answer['document_id']}"))
    assert (filed["kind"], filed["channel"], filed["status"]) == ("incoming", "post", "ready")
    assert len(told(city.client("anna").get(INBOX))["items"]) == 3
    refused(city.client("anna").post(f"{API}/letters/{letter['id']}/cancel"), 409)


def test_separators_make_no_items(city: City) -> None:
    separator = city.data_dir / "separator.pdf"
    city.service.press.separator_sheets(1, separator)
    sheets = separator.read_bytes()
    batch = told(deliver(city.client("scan-1"), FOREIGN, sheets, text_pdf("Noch eines")), 201)

    city.work_off()

    items = told(city.client("scan-1").get(f"{BATCHES}/{batch['id']}"))["items"]
    assert [item["pages"] for item in items] == [[{"file": 0, "page": 1}], [{"file": 2, "page": 1}]]


def test_two_passes_are_put_together_patch_codes_separate_and_blank_backs_are_hidden(city: City) -> None:
    with city.service.database.writing() as session:
        session.add(ScanProfile(id="zwei", name="Zwei Durchgänge", sides=ScannedSides.COLLATED))
    passes = text_pdf("Eins", "Patch", "Zwei", "", "", "Eins hinten")
    facts: dict[str, Any] = {"profile": "zwei", "patch_codes": [{"file": 0, "page": 2}]}
    batch = told(deliver(city.client("scan-1"), passes, **facts), 201)

    city.work_off()

    items = told(city.client("scan-1").get(f"{BATCHES}/{batch['id']}"))["items"]
    assert [[sheet["page"] for sheet in item["pages"]] for item in items] == [[1, 6], [5, 3, 4]]
    found = [told(city.client("anna").get(f"{API}/documents/{item['document_id']}")) for item in items]
    assert [(document["pages"], document["hidden_pages"]) for document in found] == [(2, []), (3, [1, 3])]
    text = told(city.client("anna").get(f"{API}/documents/{items[0]['document_id']}/text"))
    assert [page["text"].strip() for page in text["items"]] == ["Eins", "Eins hinten"]


def test_a_batch_exists_for_its_station_and_unit_only(city: City) -> None:
    path = f"{BATCHES}/{told(deliver(city.client('scan-1'), FOREIGN), 201)['id']}"

    etag = city.client("anna").get(path).headers["etag"]
    assert city.client("nina").get(path, headers={"If-None-Match": etag}).status_code == 304
    for name in ("scan-2", "otto", "km-personal", "adam"):
        refused(city.client(name).get(path), 404)


def test_what_waits_is_the_units_alone(city: City, waiting: dict[str, Any]) -> None:
    assert waiting["unit"] == "POST"
    assert waiting["reason"]
    for name in ("anna", "nina"):
        assert told(city.client(name).get(INBOX)) == {"items": [waiting], "next_cursor": None}
        assert told(city.client(name).get(f"{INBOX}/{waiting['id']}")) == {**waiting, "suggestions": []}
        assert told(city.client(name).get(INBOX, params={"unit": "POST"}))["items"] == [waiting]
        assert told(city.client(name).get(INBOX, params={"unit": "SO"}))["items"] == []
    for name in ("otto", "lisa", "adam", "dora", "km-personal"):
        assert told(city.client(name).get(INBOX))["items"] == []
        refused(city.client(name).get(f"{INBOX}/{waiting['id']}"), 404)
        refused(city.client(name).get(f"{API}/documents/{waiting['document_id']}"), 404)
        assert told(city.client(name).get(f"{API}/search", params={"q": "fremdes"}))["items"] == []
    assert told(city.client("nina").get(f"{API}/search", params={"q": "fremdes"}))["items"]


def test_what_waits_is_filed_by_hand(city: City, waiting: dict[str, Any]) -> None:
    client = city.client("anna")
    case_file = open_case_file(client)
    path = f"{INBOX}/{waiting['id']}/file"

    assert pointers(client.post(path, json={"case_file_id": case_file["id"], "section": "?"})) == ["/section"]
    assert pointers(client.post(path, json={"case_file_id": case_file["id"], "title": " "})) == ["/title"]
    refused(city.client("nina").post(path, json={"case_file_id": case_file["id"]}), 404)
    filed = told(client.post(path, json={"case_file_id": case_file["id"], "section": "Vertrag", "title": "Fremdes"}))

    assert filed["id"] == waiting["document_id"]
    assert (filed["case_file_id"], filed["section"], filed["title"]) == (case_file["id"], "Vertrag", "Fremdes")
    assert told(client.get(INBOX))["items"] == []
    refused(city.client("nina").get(f"{API}/documents/{filed['id']}"), 404)
    refused(client.post(path, json={"case_file_id": case_file["id"]}), 409)
    refused(client.post(f"{INBOX}/{waiting['id']}/reject", json={"reason": "x"}), 409)


def test_two_people_filing_at_once_file_it_once(city: City, waiting: dict[str, Any]) -> None:
    case_files = [open_case_file(city.client("anna"))["id"] for _ in range(6)]

    def file(case_file_id: str) -> int:
        path = f"{INBOX}/{waiting['id']}/file"
        return int(city.client("anna").post(path, json={"case_file_id": case_file_id}).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(file, case_files)) == [200] + [409] * 5
    counts = [len(told(city.client("anna").get(f"{API}/case-files/{id_}/documents"))["items"]) for id_ in case_files]
    assert sum(counts) == 1


def test_what_waits_is_forwarded_with_a_note(city: City, waiting: dict[str, Any]) -> None:
    client = city.client("nina")
    path = f"{INBOX}/{waiting['id']}/forward"
    etag = client.get(f"{INBOX}/{waiting['id']}").headers["etag"]

    assert pointers(client.post(path, json={"unit": "XX"})) == ["/unit"]
    response = client.post(path, json={"unit": "SO-EH", "note": "Für Sie?"}, headers={"If-Match": etag})

    assert (response.status_code, response.content) == (204, b"")
    assert told(client.get(INBOX))["items"] == []
    refused(client.get(f"{INBOX}/{waiting['id']}"), 404)
    [item] = told(city.client("otto").get(INBOX))["items"]
    assert (item["unit"], item["note"]) == ("SO-EH", "Für Sie?")
    back = {"unit": "POST"}
    refused(city.client("otto").post(path, json=back, headers={"If-Match": etag}), 412)


def test_what_is_no_record_is_sorted_out(city: City, waiting: dict[str, Any]) -> None:
    client = city.client("nina")
    path = f"{INBOX}/{waiting['id']}/reject"

    assert pointers(client.post(path, json={"reason": " "})) == ["/reason"]
    assert client.post(path, json={"reason": "Werbung"}).status_code == 204
    assert told(client.get(INBOX))["items"] == []
    refused(client.get(f"{API}/documents/{waiting['document_id']}"), 404)
    refused(client.post(path, json={"reason": "Werbung"}), 409)


def test_the_inbox_comes_page_by_page_longest_waiting_first(city: City) -> None:
    told(deliver(city.client("scan-1"), *(f"garbage {number}".encode() for number in range(5))), 201)
    city.work_off()
    client = city.client("anna")

    first = told(client.get(INBOX, params={"limit": 3}))
    rest = told(client.get(INBOX, params={"limit": 3, "cursor": first["next_cursor"]}))

    titles = [item["title"] for item in first["items"] + rest["items"]]
    assert titles == [f"scan-{number}.pdf" for number in range(5)]
    assert rest["next_cursor"] is None
    for cursor in ("x", "WyJ4Il0", "WzFd"):
        assert pointers(client.get(INBOX, params={"cursor": cursor})) == ["/cursor"]


def test_neighbours_in_the_stack_are_put_together_and_parted_again(city: City) -> None:
    letter, sheet = post_letter(city)
    told(deliver(city.client("scan-1"), sheet, FOREIGN), 201)
    city.work_off()
    client = city.client("anna")
    [waiting] = told(client.get(INBOX))["items"]
    path = f"{INBOX}/{waiting['id']}"
    answer = told(client.get(f"{API}/letters/{letter['id']}"))["answer_document_id"]

    beside = told(client.get(f"{path}/neighbours"))
    refused(city.client("otto").get(f"{path}/neighbours"), 404)
    refused(city.client("otto").post(f"{path}/join", json={"with": answer}), 404)
    refused(client.post(f"{path}/join", json={"with": letter["id"]}), 404)
    refused(client.post(f"{path}/join", json={"with": answer}, headers={"If-Match": '"veraltet"'}), 412)
    as_read = {"Idempotency-Key": "einmal", "If-Match": client.get(path).headers["etag"]}
    joined = told(client.post(f"{path}/join", json={"with": answer}, headers=as_read))
    again = told(client.post(f"{path}/join", json={"with": answer}, headers={"Idempotency-Key": "einmal"}))

    assert beside["next"] is None
    assert (beside["previous"]["document_id"], beside["previous"]["inbox_item_id"]) == (answer, None)
    assert joined == again
    assert (joined["id"], joined["version"], joined["pages"]) == (answer, 2, 2)
    assert told(client.get(INBOX))["items"] == []
    assert pointers(client.post(f"{API}/documents/{answer}/split", json={"at": [3]})) == ["/at"]
    [parted] = told(client.post(f"{API}/documents/{answer}/split", json={"at": [2]}))["items"]
    assert told(client.get(f"{API}/documents/{answer}"))["pages"] == 1
    assert pointers(client.post(f"{INBOX}/{parted['id']}/split", json={"at": [2]})) == ["/at"]


def test_what_lies_behind_a_cover_sheet_is_filed_by_itself(city: City) -> None:
    client = city.client("anna")
    case_file = open_case_file(client)
    wish = {"case_file_id": case_file["id"], "section": "Vertrag", "title": "Alte Verträge"}

    assert pointers(client.post(f"{API}/cover-sheets", json={**wish, "section": "?"})) == ["/section"]
    assert pointers(client.post(f"{API}/cover-sheets", json={"sheets": [wish, {**wish, "profile": "?"}]})) == [
        "/sheets/1/profile"
    ]
    assert pointers(client.post(f"{API}/cover-sheets", json={**wish, "sheets": [wish]})) == ["/case_file_id"]
    refused(city.client("otto").post(f"{API}/cover-sheets", json=wish), 404)
    once = {"Idempotency-Key": "einmal"}
    printed = client.post(f"{API}/cover-sheets", json=wish, headers=once)
    again = client.post(f"{API}/cover-sheets", json=wish, headers=once)
    assert (printed.status_code, printed.headers["content-type"]) == (201, "application/pdf")
    assert (again.content, again.headers["location"]) == (printed.content, printed.headers["location"])
    assert client.get(printed.headers["location"]).content.startswith(b"%PDF-")
    refused(city.client("nina").get(printed.headers["location"]), 404)

    batch = told(deliver(city.client("scan-1"), in_one(printed.content, FOREIGN)), 201)
    city.work_off()

    [item] = told(city.client("scan-1").get(f"{BATCHES}/{batch['id']}"))["items"]
    assert (item["outcome"], item["case_file_id"], item["pages"]) == (
        "filed",
        case_file["id"],
        [{"file": 0, "page": 2}],
    )
    filed = told(client.get(f"{API}/documents/{item['document_id']}"))
    assert (filed["section"], filed["title"], filed["pages"]) == ("Vertrag", "Alte Verträge", 1)


def in_one(*pdfs: bytes) -> bytes:
    """Several PDFs as one stack."""
    writer = PdfWriter()
    for pdf in pdfs:
        writer.append(io.BytesIO(pdf))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
