"""Letters: made, approved, posted, cancelled; their codes can be read from the paper."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from eakte.clock import today
from tests.api.city import API, City, open_case_file, pointers, refused, told

LETTERS = f"{API}/letters"
NOWHERE = "019aaaaa-0000-7000-8000-000000000000"


@pytest.fixture
def case_file(city: City) -> dict[str, Any]:
    """A case file with a party."""
    party = {"role": "Beschäftigte", "name": "Jörg Größmann", "address": "Süßer Weg 1\n12345 Köln"}
    return open_case_file(city.client("anna"), parties=[party])


def make_letter(city: City, case_file: dict[str, Any], **body: Any) -> dict[str, Any]:
    path = f"{API}/case-files/{case_file['id']}/letters"
    return told(city.client("anna").post(path, json={"template": "brief"} | body), 201)


def codes_in(pdf: bytes) -> set[tuple[str, str]]:
    """Symbology and text of every code on every page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pictures = [page.render(scale=300 / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()
    return {(str(code.format), code.text) for picture in pictures for code in zxingcpp.read_barcodes(picture)}


def test_every_installation_has_the_template_brief_first(city: City) -> None:
    for name in ("anna", "nina", "km-fremd"):
        assert told(city.client(name).get(f"{API}/letter-templates"))["items"][0]["id"] == "brief"


def test_a_letter_of_empty_data_is_complete_and_its_codes_are_on_the_paper(
    city: City, case_file: dict[str, Any]
) -> None:
    client = city.client("anna")

    response = client.post(f"{API}/case-files/{case_file['id']}/letters", json={"template": "brief", "data": {}})

    letter = told(response, 201)
    assert response.headers["location"] == f"{LETTERS}/{letter['id']}"
    assert letter["status"] == "draft"
    assert letter["sheets"] == 1
    assert letter["return_codes"] == [letter["return_code"]]
    assert letter["case_file_id"] == case_file["id"]
    assert told(client.get(f"{LETTERS}/{letter['id']}")) == letter
    assert told(client.get(f"{API}/case-files/{case_file['id']}/letters"))["items"] == [letter]

    document = told(client.get(f"{API}/documents/{letter['document_id']}"))
    assert (document["kind"], document["media_type"]) == ("outgoing", "application/pdf")
    pdf = client.get(f"{API}/documents/{letter['document_id']}/content").content
    with io.BytesIO(pdf) as stream:
        assert len(pypdfium2.PdfDocument(stream)) == 1
    found = codes_in(pdf)
    assert {text for _, text in found} == {letter["return_code"]}
    assert len(found) == 2


def test_values_and_recipient_stand_in_the_letter(city: City, case_file: dict[str, Any]) -> None:
    recipient = case_file["parties"][0]["id"]
    letter = make_letter(city, case_file, data={"betreff": "Ihr Antrag – Größe"}, recipient=recipient)

    client = city.client("anna")
    pdf = client.get(f"{API}/documents/{letter['document_id']}/content").content
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()

    assert letter["recipient"] == recipient
    assert told(client.get(f"{API}/documents/{letter['document_id']}"))["title"] == "Ihr Antrag – Größe"
    for expected in ("Ihr Antrag – Größe", "Jörg Größmann", "Süßer Weg 1", case_file["reference"]):
        assert expected in text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"template": "gibt-es-nicht"}, "/template", id="unknown template"),
        pytest.param({}, "/template", id="no template"),
        pytest.param({"template": "brief", "recipient": NOWHERE}, "/recipient", id="unknown recipient"),
        pytest.param({"template": "brief", "recipient": "x"}, "/recipient", id="recipient no id"),
        pytest.param({"template": "brief", "data": []}, "/data", id="data no object"),
        pytest.param({"template": "brief", "data": {"text": "\x00"}}, "/data/text", id="null character"),
        pytest.param({"template": "brief", "text": "x"}, "/text", id="unknown field"),
        pytest.param({"template": "brief", "data": {"text": "Wort " * 5000}}, "/data/text", id="too long for a page"),
    ],
)
def test_a_wrong_wish_is_named_and_leaves_no_letter(
    city: City, case_file: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    client = city.client("anna")

    assert pointers(client.post(f"{API}/case-files/{case_file['id']}/letters", json=body)) == [pointer]
    assert told(client.get(f"{API}/case-files/{case_file['id']}/letters"))["items"] == []
    assert told(client.get(f"{API}/case-files/{case_file['id']}/documents"))["items"] == []


@pytest.mark.parametrize("data", [{"betreff": 5}, {"text": None}, {"text": {"a": [1]}}, {"unbenutzt": "x"}])
def test_odd_data_makes_a_letter_or_a_clear_refusal(
    city: City, case_file: dict[str, Any], data: dict[str, Any]
) -> None:
    path = f"{API}/case-files/{case_file['id']}/letters"
    response = city.client("anna").post(path, json={"template": "brief", "data": data})

    assert response.status_code in (201, 422)


def test_templates_do_not_run_what_is_in_the_data(city: City, case_file: dict[str, Any]) -> None:
    data = {"betreff": "{{ 7*7 }}", "text": "<script>x</script><img src='file:///etc/passwd'>"}
    letter = make_letter(city, case_file, data=data)

    pdf = city.client("anna").get(f"{API}/documents/{letter['document_id']}/content").content
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()

    assert "{{ 7*7 }}" in text
    assert "<script>" in text


def test_the_life_of_a_letter(city: City, case_file: dict[str, Any]) -> None:
    client = city.client("anna")
    path = f"{LETTERS}/{make_letter(city, case_file)['id']}"
    yesterday = (today() - timedelta(days=1)).isoformat()

    refused(client.post(f"{path}/post"), 409)
    approved = told(client.post(f"{path}/approve"))
    assert (approved["status"], approved["posted_on"]) == ("approved", None)
    assert approved["approved_at"] is not None
    future = (today() + timedelta(days=1)).isoformat()
    assert pointers(client.post(f"{path}/post", json={"posted_on": future})) == ["/posted_on"]
    posted = told(client.post(f"{path}/post", json={"posted_on": yesterday}))
    assert (posted["status"], posted["posted_on"]) == ("posted", yesterday)
    assert told(client.post(f"{path}/post", json={"posted_on": yesterday})) == posted
    refused(client.post(f"{path}/post"), 409)
    refused(client.post(f"{path}/approve"), 409)
    cancelled = told(client.post(f"{path}/cancel"))
    assert cancelled["status"] == "cancelled"
    refused(client.post(f"{path}/approve"), 409)
    refused(client.post(f"{path}/post"), 409)
    assert told(client.get(path)) == cancelled


def test_posting_without_a_body_means_today(city: City, case_file: dict[str, Any]) -> None:
    client = city.client("anna")
    path = f"{LETTERS}/{make_letter(city, case_file)['id']}"
    client.post(f"{path}/approve")

    assert date.fromisoformat(told(client.post(f"{path}/post"))["posted_on"]) == today()


def test_a_letter_changed_meanwhile_is_not_acted_on(city: City, case_file: dict[str, Any]) -> None:
    client = city.client("anna")
    path = f"{LETTERS}/{make_letter(city, case_file)['id']}"
    etag = client.get(path).headers["etag"]

    approved = client.post(f"{path}/approve", headers={"If-Match": etag})
    assert approved.headers["etag"] == client.get(path).headers["etag"] != etag
    for action in ("post", "cancel"):
        refused(client.post(f"{path}/{action}", headers={"If-Match": etag}), 412)
    assert client.get(path, headers={"If-None-Match": approved.headers["etag"]}).status_code == 304


def test_who_may_only_read_or_not_even_that(city: City, case_file: dict[str, Any]) -> None:
    letter = make_letter(city, case_file)

    assert told(city.client("lisa").get(f"{LETTERS}/{letter['id']}")) == letter
    for action in ("approve", "post", "cancel"):
        refused(city.client("lisa").post(f"{LETTERS}/{letter['id']}/{action}"), 403)
        refused(city.client("nina").post(f"{LETTERS}/{letter['id']}/{action}"), 404)
    refused(city.client("lisa").post(f"{API}/case-files/{case_file['id']}/letters", json={"template": "brief"}), 403)
    refused(city.client("nina").get(f"{API}/case-files/{case_file['id']}/letters"), 404)
