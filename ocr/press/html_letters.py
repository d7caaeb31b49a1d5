"""HTML letter templates: filled by Jinja, set by WeasyPrint, with neither network nor foreign files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import weasyprint
from weasyprint.urls import FatalURLFetchingError

from eakte import letter_templates
from eakte.errors import Invalid
from ocr.press.template_files import AssetFetcher, PartLoader, TemplateFolders
from ocr.press.template_language import TEMPLATE_FAILURES, Problem, TemplateEnvironment, Values, problem

MOST_CHARACTERS = 2_000_000
"""Longer than any letter: a loop that got out of hand is stopped before it is set in type."""


def render(template: Path, values: Mapping[str, object], target: Path, *, more_folders: Sequence[Path] = ()) -> int:
    """Fill an HTML template and write it as PDF.

    Args:
        template: May include, extend and show what lies in its own folder, in `more_folders` and
            among the shipped templates, found in this order.
        values: Plain values only: texts, numbers, dates, lists and mappings of them.

    Returns:
        Number of pages.

    Raises:
        Invalid: The template is wrong, uses a value that is not there, or asks for a file or address
            it may not have.
    """
    folders = TemplateFolders([template.parent, *more_folders, letter_templates.FOLDER])
    text = _fill(template, Values("", values), folders)
    fetcher = AssetFetcher(folders)
    try:
        document = weasyprint.HTML(string=text, base_url=f"{folders.own.as_uri()}/", url_fetcher=fetcher).render()
        pdf = document.write_pdf()
    except FatalURLFetchingError as error:
        raise _refused(*fetcher.refused, str(error)) from error
    if fetcher.refused:
        raise _refused(*fetcher.refused)
    target.write_bytes(pdf)
    return len(document.pages)


def _fill(template: Path, values: Values, folders: TemplateFolders) -> str:
    environment = TemplateEnvironment(PartLoader(template, folders))
    pieces, length = [], 0
    try:
        for piece in environment.get_template(PartLoader.MAIN).generate(values):
            length += len(piece)
            if length > MOST_CHARACTERS:
                raise Invalid("Das Schreiben wird länger als jeder Brief. Bitte die Schleifen der Vorlage prüfen.")
            pieces.append(piece)
    except UnicodeDecodeError as error:
        raise Invalid("Die Vorlage ist kein UTF-8-Text. Bitte in dieser Zeichenkodierung speichern.") from error
    except TEMPLATE_FAILURES as error:
        raise Invalid(_sentence(problem(error, str(template)))) from error
    return "".join(pieces)


def _sentence(wrong: Problem) -> str:
    where = "Die Vorlage" if wrong.file is None else f"Die Datei „{Path(wrong.file).name}“ der Vorlage"
    line = f" in Zeile {wrong.line}" if wrong.line else ""
    return f"{where} ist{line} nicht ausführbar: {wrong.what}"


def _refused(address: str, *_: str) -> Invalid:
    return Invalid(
        f"Die Vorlage verlangt „{address[:200]}“. Erlaubt sind nur Bilder, Schriften und Formatvorlagen, die bei der "
        "Vorlage liegen; das Netz und andere Dateien sind es nicht."
    )
