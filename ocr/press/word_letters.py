"""Word letter templates: filled by docxtpl, turned into PDF by LibreOffice in a throw-away profile."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from eakte.errors import EngineMissing, Invalid, Unavailable
from ocr.press.template_language import TEMPLATE_FAILURES, TemplateEnvironment, Values, problem

_TAGS = re.compile(r"<[^>]+>")

# Fields by which a Word file fetches other files when it is opened.
_FETCHING_FIELDS = re.compile(
    r"\b(INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|DDE|DDEAUTO|LINK|RD|DATABASE)\b", re.IGNORECASE
)
_ATTACHED_TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
_FOREIGN_CONTENT = frozenset(
    {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
    }
)

# No macro runs, no link is followed or refreshed, whatever a template holds.
_PROFILE_SETTINGS = (
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
)


def render(template: Path, values: Mapping[str, object], target: Path, *, soffice: str, timeout_s: float) -> int:
    """Fill a Word template and write it as PDF.

    Args:
        values: Plain values only: texts, numbers, dates, lists and mappings of them.
        soffice: Program of LibreOffice, a name on the PATH or a path.
        timeout_s: For LibreOffice alone.

    Returns:
        Number of pages.

    Raises:
        Invalid: Not a Word file, the template is wrong or uses a value that is not there, or it
            would fetch other files.
        EngineMissing: No LibreOffice installed.
        Unavailable: LibreOffice failed or took too long.
    """
    program = shutil.which(soffice)
    if program is None:
        raise EngineMissing(
            "Für Word-Vorlagen wird LibreOffice gebraucht, es ist aber nicht installiert "
            "(Debian: apt install libreoffice-writer-nogui). HTML-Vorlagen kommen ohne aus."
        )
    with tempfile.TemporaryDirectory(prefix="eakte-word-") as folder:
        filled = Path(folder, "schreiben.docx")
        _fill(template, Values("", values), filled)
        return _convert(program, filled, target, timeout_s)


class _WordTemplate(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """Says in which paragraph a template is wrong; Word shows its authors no line numbers."""

    def render_xml_part(
        self, src_xml: str, part: Any, context: Mapping[str, object], jinja_env: jinja2.Environment | None = None
    ) -> Any:
        try:
            return super().render_xml_part(src_xml, part, context, jinja_env)
        except TEMPLATE_FAILURES as error:
            wrong = problem(error, "")
            # docxtpl puts each paragraph on a line of its own before Jinja counts.
            lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", src_xml).splitlines()
            line = lines[wrong.line - 1] if wrong.line and wrong.line <= len(lines) else ""
            text = _TAGS.sub("", line).strip()
            where = f" im Absatz „{text[:200]}“" if text else ""
            raise Invalid(f"Die Word-Vorlage ist{where} nicht ausführbar: {wrong.what}") from error


def _fill(template: Path, values: Values, target: Path) -> None:
    word = _WordTemplate(template)
    try:
        word.init_docx()
    except (OpcError, zipfile.BadZipFile, SyntaxError, KeyError, ValueError) as error:  # SyntaxError: broken XML
        raise Invalid("Die Vorlage ist keine lesbare Word-Datei (.docx). Bitte neu speichern.") from error
    _refuse_fetching(word)
    try:
        word.render(values, TemplateEnvironment(), autoescape=True)
    except TEMPLATE_FAILURES as error:  # outside the text: title, author and the like
        raise Invalid(f"Die Word-Vorlage ist nicht ausführbar: {problem(error, '').what}") from error
    word.save(target)


def _refuse_fetching(word: DocxTemplate) -> None:
    """Refuse linked pictures, objects and fields: LibreOffice would open them, wherever they lead.

    Raises:
        Invalid: Names what the template would fetch.
    """
    for part in word.docx.part.package.iter_parts():
        content = _xml(part)
        for relation_id, relation in list(part.rels.items()):
            if relation.reltype == _ATTACHED_TEMPLATE and content is not None:
                _forget_attached_template(content)
                del part.rels[relation_id]
            elif relation.is_external and relation.reltype != RELATIONSHIP_TYPE.HYPERLINK:
                raise Invalid(
                    f"Die Word-Vorlage verknüpft eine fremde Datei („{relation.target_ref}“). "
                    "Bitte Bilder und Objekte in die Vorlage einbetten, nicht verknüpfen."
                )
            elif relation.reltype in _FOREIGN_CONTENT:
                raise Invalid("Die Word-Vorlage enthält Makros oder eine zweite Datei. Bitte ohne diese speichern.")
        for field in _fields(content) if content is not None else ():
            if fetching := _FETCHING_FIELDS.search(field):
                raise Invalid(
                    f"Die Word-Vorlage holt mit dem Feld „{fetching[0]}“ fremde Dateien. Bitte das Feld entfernen."
                )


def _xml(part: Any) -> Any:
    """The content of a part of a Word file; None when it is no XML (a picture)."""
    element = getattr(part, "element", None)
    return parse_xml(part.blob) if element is None and part.content_type.endswith("xml") else element


def _fields(content: Any) -> Iterator[str]:
    """The instructions of a part's fields; Word splits each into as many pieces as it likes."""
    yield from (field.get(qn("w:instr"), "") for field in content.iter(qn("w:fldSimple")))
    instruction = ""
    for piece in content.iter(qn("w:fldChar"), qn("w:instrText")):
        if piece.tag == qn("w:instrText"):
            instruction += piece.text or ""
        elif piece.get(qn("w:fldCharType")) == "begin":
            yield instruction
            instruction = ""
    yield instruction


def _forget_attached_template(settings: Any) -> None:
    """Cut the tie to the .dotm a document was made from; Word notes it in nearly every file."""
    for element in list(settings.iter(qn("w:attachedTemplate"))):
        element.getparent().remove(element)


def _convert(program: str, filled: Path, target: Path, timeout_s: float) -> int:
    folder = filled.parent
    profile = folder / "profile"
    _set_up_profile(profile)
    command = [
        program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck",
        "--nodefault", "--nologo", "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder), str(filled),
    ]  # fmt: skip
    environment = {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "")}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"LibreOffice hat das Schreiben in {timeout_s:.0f} Sekunden nicht umgewandelt.") from error
    finally:
        _end(process)
    pdf = filled.with_suffix(".pdf")
    try:
        pages = len(PdfReader(pdf).pages)
    except (FileNotFoundError, PyPdfError) as error:
        said = output.decode("utf-8", "replace").strip()[-500:]
        raise Unavailable(f"LibreOffice hat das Schreiben nicht umgewandelt. Es sagt: {said or 'nichts'}") from error
    shutil.move(pdf, target)
    return pages


def _set_up_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _PROFILE_SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>',
        encoding="utf-8",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all it has started: `soffice` is only a script around the real one."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # all of them have ended by themselves
    process.communicate()
