"""Word templates: filled by docxtpl, turned into PDF by LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from eakte.errors import EngineMissing, Invalid, Unavailable
from eakte.letter_templates import FOLDER
from ocr.press.letter_press import WORD, LocalLetterPress
from tests.letters.builders import EMPTY_VALUES, VALUES, shown, stamped, symbols, text_of, word_template


def rendered(
    folder: Path, template: Path, values: dict[str, object] = VALUES, *, soffice: str = "true", timeout_s: float = 60
) -> Path:
    target = folder / "letter.pdf"
    press = LocalLetterPress(soffice=soffice, soffice_timeout_s=timeout_s)
    assert press.render(template, WORD, values, target) == 1
    return target


def program(folder: Path, script: str) -> str:
    """Stands in for LibreOffice and misbehaves."""
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.services
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
class TestWithLibreOffice:
    def test_a_word_letter_says_what_it_was_given_and_takes_the_codes(self, tmp_path: Path) -> None:
        values = {**VALUES, "daten": {"text": "eins <b>& zwei\ndrei", "frist": "2026-12-11"}}

        target = rendered(tmp_path, word_template(tmp_path), values, soffice="soffice")

        text = text_of(target)
        for expected in (
            "Musterstadt, 22. November 2026", "Lindenweg 12", "50.10/2026/00042", "Guten Tag Erika Mustermann",
            "eins <b>& zwei", "drei", "11. Dezember 2026",
        ):  # fmt: skip
            assert expected in text
        assert "eins <b>& zwei drei" not in text.replace("\r\n", "\n")
        assert len(symbols(shown(stamped(target)))) == 2

    def test_the_example_in_the_documentation_works(self, tmp_path: Path) -> None:
        documentation = (FOLDER.parents[1] / "docs" / "letters.md").read_text(encoding="utf-8")
        template = word_template(tmp_path, *documentation.split("```text\n")[1].split("```")[0].splitlines())

        text = text_of(stamped(rendered(tmp_path, template, soffice="soffice")))

        assert "Bitte antworten Sie bis zum 11. Dezember 2026." in text
        assert "endif" not in text

    def test_letters_are_made_at_the_same_time(self, tmp_path: Path) -> None:
        template = word_template(tmp_path)

        def work(n: int) -> str:
            folder = tmp_path / str(n)
            folder.mkdir()
            return text_of(rendered(folder, template, soffice="soffice"))

        with ThreadPoolExecutor(2) as threads:
            texts = list(threads.map(work, range(2)))

        assert all("Guten Tag Erika Mustermann" in text for text in texts)

    def test_a_template_made_from_a_dotm_forgets_where_it_came_from(self, tmp_path: Path) -> None:
        path = word_template(tmp_path)
        word = docx.Document(str(path))
        attached = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
        settings = word.part._settings_part
        settings.relate_to("file:///C:/Vorlagen/Stadt.dotm", attached, is_external=True)
        word.save(str(path))

        assert "Guten Tag" in text_of(rendered(tmp_path, path, soffice="soffice"))


def test_without_libreoffice_the_message_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="libreoffice-writer-nogui"):
        rendered(tmp_path, word_template(tmp_path), soffice="no-such-program")


@pytest.mark.parametrize(
    ("paragraph", "complaint"),
    [
        pytest.param(
            "Zeichen: {{ akte.zeichn }}", "Absatz „Zeichen: .*akte.zeichn.*„akte.zeichn“ ist nicht da", id="value"
        ),
        pytest.param("{{ nix }}", "„nix“ ist nicht da", id="name"),
        pytest.param("{% if %}", "Absatz „{% if %}“.*nicht lesbar", id="broken statement"),
        pytest.param("{{ ''.__class__.__mro__ }}", "„__class__“ darf eine Vorlage nicht", id="out of the sandbox"),
        pytest.param("{{ akte['__class__'] }}", "„__class__“ darf eine Vorlage nicht", id="out by an element"),
        pytest.param("{% include '/etc/passwd' %}", "nicht ausführbar", id="another file"),
        pytest.param("{{ akte.copy }}", "Befehl", id="a method instead of a value"),
    ],
)
def test_a_wrong_word_template_is_refused_naming_paragraph_and_value(
    tmp_path: Path, paragraph: str, complaint: str
) -> None:
    with pytest.raises(Invalid, match=complaint):
        rendered(tmp_path, word_template(tmp_path, "Guten Tag", paragraph, "Ende"))


def test_a_wrong_value_in_header_and_title_is_noticed(tmp_path: Path) -> None:
    for change in ("header", "title"):
        path = word_template(tmp_path, "Text")
        word = docx.Document(str(path))
        if change == "header":
            word.sections[0].header.paragraphs[0].text = "{{ nix }}"
        else:
            word.core_properties.title = "{{ nix }}"
        word.save(str(path))

        with pytest.raises(Invalid, match="„nix“ ist nicht da"):
            rendered(tmp_path, path)


def test_a_missing_recipient_is_refused_not_left_out(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="„anschrift“ ist nicht da, denn schon das davor ist leer"):
        rendered(tmp_path, word_template(tmp_path), EMPTY_VALUES)


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04garbage"])
def test_what_is_no_word_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.docx").write_bytes(content)

    with pytest.raises(Invalid, match="keine lesbare Word-Datei"):
        rendered(tmp_path, tmp_path / "no.docx")


def test_a_zip_that_is_no_word_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "no.docx", "w") as archive:
        archive.writestr("readme.txt", "nothing")

    with pytest.raises(Invalid, match="keine lesbare Word-Datei"):
        rendered(tmp_path, tmp_path / "no.docx")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:9/picture.png", "\\\\server\\share\\x.png"])
def test_a_linked_picture_is_refused(tmp_path: Path, target: str) -> None:
    path = word_template(tmp_path, "Text")
    word = docx.Document(str(path))
    word.part.relate_to(target, RELATIONSHIP_TYPE.IMAGE, is_external=True)
    word.save(str(path))

    with pytest.raises(Invalid, match="verknüpft eine fremde Datei"):
        rendered(tmp_path, path)


@pytest.mark.parametrize(
    "field", ['INCLUDETEXT "/etc/passwd"', "INCLUDEPICTURE http://127.0.0.1/x.png", "DDEAUTO excel x"]
)
@pytest.mark.parametrize("simple", [True, False])
def test_a_field_that_fetches_files_is_refused(tmp_path: Path, field: str, simple: bool) -> None:
    path = word_template(tmp_path, "Text")
    word = docx.Document(str(path))
    run = word.paragraphs[0].add_run()
    before = OxmlElement("w:instrText")  # another field right before it
    before.text = "PAGE"
    begin = OxmlElement("w:fldChar")
    begin.set(qn("w:fldCharType"), "begin")
    run._r.extend([before, begin])
    if simple:
        element = OxmlElement("w:fldSimple")
        element.set(qn("w:instr"), field)
        word.paragraphs[0]._p.append(element)
    else:
        for part in (field[:5], field[5:]):  # Word splits instructions as it likes
            element = OxmlElement("w:instrText")
            element.text = part
            run._r.append(element)
    word.save(str(path))

    with pytest.raises(Invalid, match="fremde Dateien"):
        rendered(tmp_path, path)


def test_a_macro_and_an_embedded_second_file_are_refused(tmp_path: Path) -> None:
    path = word_template(tmp_path, "Text")
    word = docx.Document(str(path))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
    chunk = Part(PackURI("/word/chunk.html"), "text/html", b"<img src='file:///etc/passwd'>", word.part.package)
    word.part.relate_to(chunk, kind)
    word.save(str(path))

    with pytest.raises(Invalid, match="eine zweite Datei"):
        rendered(tmp_path, path)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("exit 1", id="fails"),
        pytest.param("kill -SEGV $$", id="crashes"),
        pytest.param("echo success", id="claims success and writes nothing"),
        pytest.param('eval "last=\\${$#}"; echo rubbish > "${last%.docx}.pdf"', id="writes rubbish"),
        pytest.param('eval "last=\\${$#}"; : > "${last%.docx}.pdf"', id="writes nothing into the file"),
    ],
)
def test_a_misbehaving_libreoffice_leaves_no_letter(tmp_path: Path, script: str) -> None:
    with pytest.raises(Unavailable, match="LibreOffice hat das Schreiben nicht umgewandelt"):
        rendered(tmp_path, word_template(tmp_path, "Text"), soffice=program(tmp_path, script))

    assert not (tmp_path / "letter.pdf").exists()


def test_a_hanging_libreoffice_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! > {pids}; echo $$ >> {pids}; wait"

    with pytest.raises(Unavailable, match="in 1 Sekunden nicht"):
        rendered(tmp_path, word_template(tmp_path, "Text"), soffice=program(tmp_path, script), timeout_s=1)

    deadline = time.monotonic() + 10
    for pid in map(int, pids.read_text().split()):
        while _runs(pid):
            assert time.monotonic() < deadline, f"{pid} still runs"
            time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
