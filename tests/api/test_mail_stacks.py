"""An e-mail delivered as a stack: the mail as received and what came with it lie beside each other, each once."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from eakte.intake import enclosures, stack
from tests.api.city import API, City, deliver, told
from tests.api.paper import text_pdf
from tests.api.test_contract_paper import post_letter
from tests.ocr.mails import mail


def worked(city: City, content: bytes) -> dict[str, Any]:
    batch = told(deliver(city.client("scan-1"), content, channel="e-mail"), 201)
    city.work_off()
    return told(city.client("scan-1").get(f"{API}/scan-batches/{batch['id']}"))


def test_codes_on_what_came_along_file_it_and_the_mail_waits_where_it_belongs(city: City) -> None:
    letter, sheet = post_letter(city)
    inner = mail("weitergeleitet", subject="Innen", rest_pdf=text_pdf("Ein Brief ohne Code, mit genügend Text darauf"))
    message = mail(
        "Guten Tag, die Antwort liegt an.", subject="Ihre Antwort", antwort_pdf=sheet, winmail_dat=b"\x78\x9f"
    )
    message.add_attachment(inner)
    content = message.as_bytes()

    done = worked(city, content)

    assert [file["file_name"] for file in done["files"]] == [
        "scan-0.pdf", "antwort.pdf", "winmail.dat", "Innen.eml", "rest.pdf"
    ]  # fmt: skip
    assert done["files"][0]["sha256"] == hashlib.sha256(content).hexdigest(), "as received"
    assert [item["outcome"] for item in done["items"]] == ["inbox", "filed", "quarantined", "inbox", "inbox"]
    assert done["items"][1]["case_file_id"] == letter["case_file_id"]
    waiting = told(city.client("anna").get(f"{API}/inbox"))["items"]
    assert [item["title"] for item in waiting] == ["E-Mail: Ihre Antwort", "winmail.dat", "E-Mail: Innen", "rest.pdf"]
    assert {item["concerns_case_file_id"] for item in waiting} == {letter["case_file_id"]}
    assert {item["unit"] for item in waiting} == {"PO"}, "with whoever is responsible for what the answer belongs to"
    assert told(city.client("nina").get(f"{API}/inbox"))["items"] == []

    of_mail = waiting[0]["document_id"]
    told_of = told(city.client("anna").get(f"{API}/documents/{of_mail}"))
    assert (told_of["status"], told_of["media_type"], told_of["channel"]) == ("ready", "message/rfc822", "e-mail")
    got = city.client("anna").get(f"{API}/documents/{of_mail}/content")
    assert (got.content, got.headers["content-type"]) == (content, "message/rfc822")
    text = told(city.client("anna").get(f"{API}/documents/{of_mail}/text"))["items"][0]["text"]
    assert "Betreff: Ihre Antwort" in text
    assert "Guten Tag, die Antwort liegt an." in text


def test_a_mail_without_code_waits_with_what_came_along_in_the_stations_unit(city: City) -> None:
    done = worked(
        city, mail("Guten Tag", subject="", a_pdf=text_pdf("Ein Brief ohne Code, mit genügend Text")).as_bytes()
    )

    assert [item["outcome"] for item in done["items"]] == ["inbox", "inbox"]
    waiting = told(city.client("nina").get(f"{API}/inbox"))["items"]
    assert [item["title"] for item in waiting] == ["E-Mail ohne Betreff", "a.pdf"]
    again = told(deliver(city.client("scan-1"), mail().as_bytes(), batch_id="2", channel="e-mail"), 201)
    city.work_off()
    assert len(told(city.client("scan-1").get(f"{API}/scan-batches/{again['id']}"))["items"]) == 1


def test_killed_while_a_mail_is_taken_apart_nothing_is_there_twice(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = told(deliver(city.client("scan-1"), mail(a_pdf=text_pdf("Ein Brief mit genügend Text")).as_bytes()), 201)
    for module, name in ((enclosures, "_take_apart"), (stack, "cut_out")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, _killed)
            with pytest.raises(KeyboardInterrupt):
                city.work_off()
        with city.service.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE job SET lease_until = NULL, status = 'waiting'")

    city.work_off()

    done = told(city.client("scan-1").get(f"{API}/scan-batches/{batch['id']}"))
    assert [file["file_name"] for file in done["files"]] == ["scan-0.pdf", "a.pdf"]
    assert len(done["items"]) == 2


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
