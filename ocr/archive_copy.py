"""Makes archive copies (Archivfassung): PDF/A-2b, the form in which documents stay readable for decades.

A scan's searchable PDF becomes one by a few entries, its image streams untouched, at no cost. Pages made by programs
are converted by Ghostscript; scanned pages between them are not.

Source: ISO 19005-2:2011, 6.2.3 (output intent), 6.6.4 (version and conformance level identification).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import ImageCms

from eakte.errors import EngineMissing, Unreadable
from ocr.archivable import is_archivable
from ocr.extraction import open_any_pdf, save
from ocr.limits import ReadingLimits

VERSION = "1.7"
"""Of PDF; what PDF/A-2 is based on."""

_METADATA = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""

# Nothing is drawn coarser or packed with loss; JPEG streams go over as they are.
_GHOSTSCRIPT = (
    "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-dPDFA=2", "-dPDFACompatibilityPolicy=1",
    "-sColorConversionStrategy=RGB", "-dAutoRotatePages=/None",
    "-dEmbedAllFonts=true", "-dSubsetFonts=true", "-dPassThroughJPEGImages=true", "-dPassThroughJPXImages=true",
    "-dDownsampleColorImages=false", "-dDownsampleGrayImages=false", "-dDownsampleMonoImages=false",
    "-dAutoFilterColorImages=false", "-dColorImageFilter=/FlateEncode",
    "-dAutoFilterGrayImages=false", "-dGrayImageFilter=/FlateEncode",
)  # fmt: skip
_SHARE_OF_TIME = 0.9
_PRINTED = 4  # what is not printed may not stand in PDF/A
_TOO_SLOW = "Die Umwandlung in PDF/A dauerte zu lange; das Original bleibt unverändert gespeichert."
_NOT_CONVERTIBLE = "Das Dokument lässt sich nicht in PDF/A umwandeln; das Original bleibt unverändert gespeichert."


def finish(pdf: pikepdf.Pdf) -> None:
    """Make a PDF whose pages all keep the rules one that says so; the same file for the same input."""
    for page in pdf.pages:
        for image in page.get_images().values():
            if image.get("/Interpolate", False):
                image["/Interpolate"] = False
        page.obj["/Resources"] = page.resources  # an inherited one must stand at the page itself
    profile = pdf.make_indirect(Stream(pdf, srgb_profile()))
    profile["/N"] = 3
    intent = Dictionary(
        Type=Name.OutputIntent, S=Name("/GTS_PDFA1"), OutputConditionIdentifier=String("sRGB"),
        Info=String("sRGB IEC61966-2.1"), DestOutputProfile=profile,
    )  # fmt: skip
    metadata = Stream(pdf, _METADATA)
    metadata["/Type"], metadata["/Subtype"] = Name.Metadata, Name.XML
    pdf.Root["/OutputIntents"] = Array([pdf.make_indirect(intent)])
    pdf.Root["/Metadata"] = pdf.make_indirect(metadata)
    for key in ("/Version", "/Extensions"):
        with suppress(KeyError):
            del pdf.Root[key]
    with suppress(KeyError):
        del pdf.trailer["/Info"]  # who wrote the original with what and when stands in the original


@cache
def srgb_profile() -> bytes:
    """The colour profile of sRGB, the same bytes every time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes((0x07, 0xEA, 0, 1, 0, 1)) + bytes(6)  # the date of making: 2026-01-01
    return bytes(profile)


def archive_copy(path: Path, target: Path, limits: ReadingLimits, folder: Path) -> Iterator[None]:
    """Write the archive copy of a searchable PDF; one answer, once it is written.

    Raises:
        Unreadable: It cannot be converted, with the reason; nothing is written.
        EngineMissing: No Ghostscript.
    """
    with ExitStack() as opened:
        source = opened.enter_context(open_any_pdf(path))
        strangers = [index for index, page in enumerate(source.pages) if not is_archivable(page, with_layer=True)]
        if len(strangers) == len(source.pages):
            pdf = opened.enter_context(_converted(source, range(len(source.pages)), folder, limits))
        else:
            pdf = opened.enter_context(pikepdf.new())
            converted = opened.enter_context(_converted(source, strangers, folder, limits)) if strangers else None
            replacing = dict(zip(strangers, () if converted is None else converted.pages, strict=True))
            for index, page in enumerate(source.pages):
                pdf.pages.append(replacing.get(index, page))
        finish(pdf)
        save(pdf, target, version=VERSION)
    yield


def _converted(source: pikepdf.Pdf, indices: Sequence[int], folder: Path, limits: ReadingLimits) -> pikepdf.Pdf:
    """The pages, converted; forms and notes become part of their pages."""
    _flatten(source)
    before, after = folder / "before.pdf", folder / "after.pdf"
    if len(indices) == len(source.pages):
        source.save(before)
    else:
        with pikepdf.new() as pages:
            for index in indices:
                pages.pages.append(source.pages[index])
            pages.save(before)
    # Less than the child itself has, which would be ended without a word of why.
    _run_ghostscript(before, after, _SHARE_OF_TIME * limits.for_a_file(len(indices)).step_wall_s)
    try:
        converted = pikepdf.open(after)
    except (OSError, pikepdf.PdfError) as error:
        raise Unreadable("unreadable", _NOT_CONVERTIBLE) from error
    if len(converted.pages) != len(indices):
        converted.close()
        raise Unreadable("unreadable", _NOT_CONVERTIBLE)
    for thing in converted.objects:
        if isinstance(thing, Dictionary) and "/CIDSet" in thing:
            del thing["/CIDSet"]  # Ghostscript lists fewer characters than the font has; no list is no untrue one
    return converted


def _flatten(pdf: pikepdf.Pdf) -> None:
    """Make what may be written into, and what is shown as a note, part of the page."""
    try:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("print")
        for page in pdf.pages:
            for note in page.obj.get("/Annots", ()):
                note["/F"] = _PRINTED
    except (pikepdf.PdfError, TypeError, ValueError, RuntimeError) as error:
        raise Unreadable("unreadable", _NOT_CONVERTIBLE) from error


def _run_ghostscript(source: Path, target: Path, wall_s: float) -> None:
    environment = {**os.environ, "TMPDIR": str(target.parent)}
    try:
        ended = subprocess.run(
            [*_GHOSTSCRIPT, f"-sOutputFile={target}", str(source)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=wall_s, check=False, cwd=target.parent, env=environment,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise EngineMissing("Ghostscript ist nicht installiert; Archivfassungen (PDF/A) brauchen es.") from error
    except subprocess.TimeoutExpired as error:
        raise Unreadable("unreadable", _TOO_SLOW) from error
    if ended.returncode != 0:
        raise Unreadable("unreadable", _NOT_CONVERTIBLE)
