"""Letter templates: the shipped one, and those a city brings with its organisation file."""

from __future__ import annotations

from sqlmodel import col, select

from eakte import letter_templates
from eakte.letter_tables import LetterTemplate
from eakte.shipped_templates import ensure_shipped_templates
from tests.domain.organisations import Desk


def test_templates_are_stored_and_follow_the_shipped_one(desk: Desk) -> None:
    (desk.folder / "templates").mkdir()
    (desk.folder / "templates" / "a.html").write_text("<p>Anhörung</p>", encoding="utf-8")
    (desk.folder / "b.docx").write_bytes(b"PK word")
    source = """
        templates:
          - {id: anhoerung, name: Anhörung, file: templates/a.html, answer_sheets: [2]}
          - {id: b, name: B, file: b.docx, answer_sheets: all}
        """
    ensure_shipped_templates(desk.session, desk.blobs)

    assert desk.apply(source) == ["Vorlage anhoerung „Anhörung“ angelegt", "Vorlage b „B“ angelegt"]

    assert desk.apply(source) == []
    templates = desk.session.exec(select(LetterTemplate).order_by(col(LetterTemplate.position))).all()
    assert [template.id for template in templates] == ["brief", "anhoerung", "b"]
    assert [template.answer_sheets for template in templates] == [[1], [2], None]
    assert desk.blobs.open(templates[1].sha256).read() == "<p>Anhörung</p>".encode()
    assert templates[2].media_type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def test_a_template_edited_on_disk_is_taken_over(desk: Desk) -> None:
    path = desk.folder / "a.html"
    path.write_text("<p>alt</p>", encoding="utf-8")
    source = "templates: [{id: a, name: A, file: a.html}]"
    desk.apply(source)
    path.write_text("<p>neu</p>", encoding="utf-8")

    assert desk.apply(source) == ["Vorlage a „A“ geändert: Inhalt"]
    assert desk.blobs.open(desk.session.get_one(LetterTemplate, "a").sha256).read() == b"<p>neu</p>"


def test_the_shipped_template_is_brought_up_to_date_and_then_left_alone(desk: Desk) -> None:
    ensure_shipped_templates(desk.session, desk.blobs)
    row = desk.session.get_one(LetterTemplate, "brief")
    row.sha256, row.name = "0" * 64, "Alter Brief"
    desk.session.flush()

    ensure_shipped_templates(desk.session, desk.blobs)
    ensure_shipped_templates(desk.session, desk.blobs)

    assert desk.session.get_one(LetterTemplate, "brief").name == "Brief mit Rückantwort"
    with desk.blobs.open(desk.session.get_one(LetterTemplate, "brief").sha256) as stored:
        assert stored.read() == (letter_templates.FOLDER / "brief.html").read_bytes()


def test_a_template_outside_the_folder_is_refused_also_behind_a_link(desk: Desk) -> None:
    outside = desk.folder.parent / "secret.html"
    outside.write_text("geheim", encoding="utf-8")
    (desk.folder / "link.html").symlink_to(outside)
    (desk.folder / "empty.html").touch()
    (desk.folder / "folder.html").mkdir()

    refusals = desk.refusals(
        f"""
        templates:
          - {{id: a, name: A, file: ../secret.html}}
          - {{id: b, name: B, file: {outside}}}
          - {{id: c, name: C, file: link.html}}
          - {{id: d, name: D, file: missing.html}}
          - {{id: e, name: E, file: a.odt}}
          - {{id: f, name: F, file: empty.html}}
          - {{id: g, name: G, file: folder.html}}
          - {{id: h, name: H, file: {"x" * 260}.html}}
        """
    )

    assert [pointer for pointer, _detail in refusals] == [f"/templates/{index}/file" for index in range(8)]
    assert [detail.split(":")[0] for _pointer, detail in refusals] == [f"Zeile {line}" for line in range(3, 11)]
    assert all("außerhalb" in detail for _pointer, detail in refusals[:3])
