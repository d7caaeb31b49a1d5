"""E-mails: their text becomes pages, what came along becomes files, and nothing a sender does wrong costs more."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path

import pytest

from eakte.errors import Unreadable
from eakte.paper import MAIL, Sheet
from ocr.mail import looks_like_mail, read_mail, take_apart
from ocr.mail_pages import MailPages
from ocr.paper_reader import LocalPaperReader
from tests.ocr.mails import PICTURE, mail


def kept(path: Path, message: EmailMessage | bytes) -> Path:
    path.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
    return path


@pytest.fixture
def eml(tmp_path: Path) -> Path:
    return tmp_path / "mail.eml"


def test_a_mail_is_read_shown_and_made_searchable_like_paper(reader: LocalPaperReader, eml: Path) -> None:
    text = "Zum Bescheid 50.10/2026/00042:\n\n" + "\n".join(f"Zeile {number} mit Grüßen" for number in range(70))
    kept(eml, mail(text, subject="Widerspruch 日本", Bescheid_pdf=b"%PDF-1.7"))

    reading = reader.look(eml)
    pages = reader.recognise(eml, dict.fromkeys(range(1, len(reading.pages) + 1)), languages=["deu"])
    assert reader.searchable_pdf(eml, pages, eml.with_suffix(".pdf"))  # and so an archive copy
    searchable = eml.with_suffix(".pdf")
    again = reader.recognise(searchable, {1: None, 2: None}, languages=["deu"])
    reader.take_out([eml], [Sheet(0, 2)], eml.with_name("second.pdf"))

    assert (reading.media_type, reading.title, len(reading.pages)) == (MAIL, "Widerspruch 日本", 2)
    assert pages[0].text.splitlines()[:6] == [
        "Von: Erika Größmann <erika@example.org>",
        "An: post@stadt.example",
        "Datum: 31.10.2026 00:30",
        "Betreff: Widerspruch 日本",
        "Anlagen: Bescheid.pdf",
        "Zum Bescheid 50.10/2026/00042:",
    ]
    assert all(0 <= word.left < word.right <= 1 and 0 <= word.top < word.bottom <= 1 for word in pages[0].words)
    assert all(page.image.startswith(b"\xff\xd8") for page in pages)
    assert [page.text.split() for page in again] == [page.text.split() for page in pages]
    assert len(reader.look(eml.with_name("second.pdf")).pages) == 1


def test_a_mail_of_many_pages_is_printed_within_the_memory_of_a_child(reader: LocalPaperReader, eml: Path) -> None:
    kept(eml, mail("\n".join(f"Zeile {number}" for number in range(55 * 130))))

    reading = reader.look(eml)
    reader.take_out([eml], [Sheet(0, number) for number in (1, 130)], eml.with_suffix(".pdf"))

    assert len(reading.pages) > 125
    assert len(reader.look(eml.with_suffix(".pdf")).pages) == 2


def enclosures(eml: Path) -> list[tuple[str, bytes]]:
    folder = eml.parent / "out"
    folder.mkdir(exist_ok=True)
    return [(part.name, (folder / part.file).read_bytes()) for part in take_apart(eml, folder)]


def test_mails_within_mails_come_out_with_what_is_in_them(eml: Path) -> None:
    innermost = mail("ganz innen", subject="Innen", tief_pdf=b"%PDF tief")
    inner = mail("innen", subject="AW: Größe?", innen_pdf=b"%PDF innen")
    inner.add_attachment(innermost)
    outer = mail("außen", aussen_pdf=b"%PDF aussen")
    outer.add_attachment(inner)

    found = enclosures(kept(eml, outer))

    assert [name for name, _ in found] == ["aussen.pdf", "AW: Größe?.eml", "innen.pdf", "Innen.eml", "tief.pdf"]
    assert [content for name, content in found if name.endswith(".pdf")] == [
        b"%PDF aussen",
        b"%PDF innen",
        b"%PDF tief",
    ]
    assert looks_like_mail(found[1][1])
    assert read_mail(eml).text == "außen"
    assert read_mail(eml).enclosed == ("aussen.pdf", "AW: Größe?.eml")


def test_logos_that_the_text_shows_stay_in_the_mail_and_photographs_come_out(eml: Path) -> None:
    message = mail("siehe unten", winmail_dat=b"\x78\x9f\x3e\x22")
    photograph = PICTURE + bytes(50_000)
    html = EmailMessage()
    html.set_content('<p>Guten Tag</p><img src="cid:logo@x"><img src="cid:foto@x">', "html")
    html.add_related(PICTURE, "image", "png", cid="<logo@x>", filename="logo.png")
    html.add_related(photograph, "image", "png", cid="<foto@x>", filename="foto.png")
    html.add_related(PICTURE, "image", "png", cid="<andere@x>", filename="andere.png")
    message.attach(html)
    message.add_attachment(b"sig", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")

    assert enclosures(kept(eml, message)) == [
        ("winmail.dat", b"\x78\x9f\x3e\x22"),
        ("foto.png", photograph),
        ("andere.png", PICTURE),
    ]


def test_html_alone_is_read_without_what_is_not_shown(eml: Path) -> None:
    html = EmailMessage()
    html["From"], html["Subject"] = "a@example.org", "nur HTML"
    html.set_content("<head><title>T</title></head><p>Guten&nbsp;Tag<br>zweite</p><script>alert(1)</script>", "html")

    assert read_mail(kept(eml, html)).text.split() == ["Guten", "Tag", "zweite"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        pytest.param('attachment; filename="../../etc/passwd"', "passwd", id="a way"),
        pytest.param('attachment; filename="C:\\\\temp\\\\a.pdf"', "a.pdf", id="Windows"),
        pytest.param('attachment; filename=""', "Anlage 1.pdf", id="empty"),
        pytest.param("attachment", "Anlage 1.pdf", id="none"),
        pytest.param('attachment; filename="=?utf-8?Q?Gr=C3=B6=C3=9Fe=2Epdf?="', "Größe.pdf", id="encoded word"),
        pytest.param("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf", id="RFC 2231"),
        pytest.param("attachment; filename*=klingon''%FF.pdf", "ÿ.pdf", id="unknown character set"),
        pytest.param('attachment; filename="a\x00\x1b[31m.pdf"', "a  [31m.pdf", id="control characters"),
    ],
)
def test_names_lead_nowhere_whatever_a_sender_calls_a_file(eml: Path, disposition: str, name: str) -> None:
    kept(
        eml,
        b"From: a@example.org\r\nSubject: b\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: " + disposition.encode() + b"\r\n\r\n%PDF",
    )

    ((found, content),) = enclosures(eml)

    assert "/" not in found
    assert found == name
    assert content == b"%PDF"


@pytest.mark.parametrize(
    ("head", "body", "subject", "text"),
    [
        pytest.param(b"Subject: Gr\xf6\xdfe", b"M\xfcller", "Größe", "Müller", id="raw latin-1"),
        pytest.param("Subject: Größe".encode(), "Müller".encode(), "Größe", "Müller", id="raw UTF-8"),
        pytest.param(
            b"Subject: =?klingon?Q?Gr=F6=DFe?=\r\nContent-Type: text/plain; charset=klingon",
            b"M\xfcller",
            "Größe",
            "Müller",
            id="unknown character set",
        ),
        pytest.param(b"Subject: =?utf-8?B?%%%?=", b"a\x00b\x07c", "", "a b c", id="broken word, control characters"),
        pytest.param(
            b"Subject: x\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64",
            base64.b64encode("Müller".encode("utf-16")),
            "x",
            "Müller",
            id="utf-16",
        ),
        pytest.param(b"Subject:\r\nContent-Type: ;;;=", b"Text", "", "Text", id="broken type"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nText\r\n", "", "Text", id="no end"),
        pytest.param(b"Content-Type: multipart/mixed", b"Text", "", "Text", id="no boundary"),
    ],
)
def test_no_character_set_and_no_broken_form_stops_a_mail(
    eml: Path, head: bytes, body: bytes, subject: str, text: str
) -> None:
    kept(eml, b"From: a@example.org\r\nDate: gestern\r\n" + head + b"\r\n\r\n" + body)

    found = read_mail(eml)

    assert found.subject == subject
    assert found.text == text
    assert looks_like_mail(eml.read_bytes())


def test_a_mail_of_nothing_is_a_page(eml: Path, reader: LocalPaperReader) -> None:
    kept(eml, b"Received: x\r\nFrom:\r\n\r\n")
    with MailPages(eml, reader._limits) as pages:
        assert pages.page_count == 1
    (page,) = reader.recognise(eml, {1: None}, languages=["deu"])
    assert page.text == ""


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Hallo Welt\n",
        b"Key: value\nother: thing\n\n",
        b"PK\x03\x04From: a\nTo: b\n",
        b"HTTP/1.1 200 OK\nDate: x\n",
    ],
)
def test_what_is_no_mail_is_not_taken_for_one(head: bytes) -> None:
    assert not looks_like_mail(head)


def test_a_mail_of_mails_without_end_costs_no_more_than_itself(reader: LocalPaperReader, eml: Path) -> None:
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number) for number in range(5_000)
    )
    kept(eml, b"From: a@example.org\r\nSubject: b\r\n" + parts)
    with pytest.raises(Unreadable):
        reader.look(eml)

    many = b"".join(b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n" for _ in range(600))
    kept(eml, b"From: a@example.org\r\nSubject: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + many)
    with pytest.raises(Unreadable, match="mehr als 500 Anlagen"):
        reader.look(eml)
