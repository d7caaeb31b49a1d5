"""Says of a PDF page whether it may stand in an archive copy (PDF/A-2b) as it is.

It knows what scanners write: images, clipped and placed, in colours that one sRGB output intent explains. Of any
other page it says no, and such a page is converted. A no too many costs time, a yes too many a copy that does not
keep its promise; so only what is known to be allowed is allowed.

Source: ISO 19005-2:2011, 6.1 (file structure), 6.2 (graphics).
"""

from __future__ import annotations

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from ocr.invisible_font import is_invisible_font

_PAGE_KEYS = frozenset(
    {
        "/Type", "/Parent", "/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox", "/Rotate", "/Resources",
        "/Contents", "/Tabs", "/LastModified",
    }
)  # fmt: skip
_ROOT_KEYS = frozenset(
    {
        "/Type", "/Pages", "/PageLayout", "/PageMode", "/PageLabels", "/Metadata", "/Version", "/Extensions", "/Lang",
        "/MarkInfo", "/StructTreeRoot", "/ViewerPreferences",
    }
)  # fmt: skip
_FILTERS = frozenset(
    {"/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/FlateDecode", "/RunLengthDecode", "/ASCII85Decode",
     "/ASCIIHexDecode"}
)  # fmt: skip
_IMAGE_KEYS_REFUSED = ("/Alternates", "/OPI", "/F", "/FFilter", "/OC", "/SMaskInData")
_OPERATORS = frozenset(
    {"q", "Q", "cm", "w", "J", "j", "M", "d", "m", "l", "c", "v", "y", "h", "re", "S", "s", "f", "F", "f*", "B", "B*",
     "b", "b*", "n", "W", "W*", "Do", "g", "G", "rg", "RG", "BMC", "EMC", "MP", "BT", "ET", "Tr", "Td", "Tm", "TL",
     "Tc", "Tw"}
)  # fmt: skip
_LAYER_OPERATORS = frozenset({"Tf", "Tj"})
_PLAIN_COLOURS = frozenset({"/DeviceGray", "/DeviceRGB"})
_CALIBRATED = frozenset({"/CalGray", "/CalRGB", "/Lab"})
_PROFILE_SPACES = {b"GRAY": 1, b"RGB ": 3}
_PROFILE_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_LARGEST_CONTENT_BYTES = 2_000_000
_DEEPEST_NESTING = 26  # of 28, two being ours
_SHORTEST_SIDE, _LONGEST_SIDE = 3.0, 14_400.0


def has_plain_root(pdf: pikepdf.Pdf) -> bool:
    """Whether the file is nothing but its pages: no forms, layers, bookmarks or other extras."""
    return all(key in _ROOT_KEYS for key in pdf.Root)


def is_archivable(page: pikepdf.Page, *, with_layer: bool = False) -> bool:
    """Whether a page is made of images alone and keeps the rules of PDF/A-2b, so far as the page itself decides it.

    Args:
        with_layer: The page may bear our text layer already.
    """
    try:
        if not all(key in _PAGE_KEYS for key in page.obj) or not _has_allowed_size(page):
            return False
        used = _names_of_images_drawn(page, _OPERATORS | _LAYER_OPERATORS if with_layer else _OPERATORS)
        if used is None or (with_layer and not _has_no_font_but_ours(page)):
            return False
        objects = page.resources.get("/XObject", Dictionary())
        return all(name in objects and _is_allowed_image(objects[name]) for name in used)
    except (pikepdf.PdfError, TypeError, ValueError, KeyError, AttributeError):
        return False  # built in a way nobody expects: to be converted


def _has_allowed_size(page: pikepdf.Page) -> bool:
    left, bottom, right, top = (float(edge) for edge in page.mediabox.as_list())
    sides = abs(right - left), abs(top - bottom)
    return all(_SHORTEST_SIDE <= side <= _LONGEST_SIDE for side in sides)


def _has_no_font_but_ours(page: pikepdf.Page) -> bool:
    return all(is_invisible_font(font) for font in page.resources.get("/Font", Dictionary()).values())


def _names_of_images_drawn(page: pikepdf.Page, allowed: frozenset[str]) -> set[str] | None:
    """What the page draws by name; None when it does anything else that is not known to be allowed."""
    contents = page.obj.get("/Contents")
    streams = list(contents) if isinstance(contents, Array) else [] if contents is None else [contents]
    if sum(len(stream.read_bytes()) for stream in streams) > _LARGEST_CONTENT_BYTES:
        return None
    drawn: set[str] = set()
    depth = 0
    for instruction in pikepdf.parse_content_stream(page):
        if not isinstance(instruction, pikepdf.ContentStreamInstruction):
            return None  # an image within the content
        operator = str(instruction.operator)
        if operator not in allowed:
            return None
        depth += {"q": 1, "Q": -1}.get(operator, 0)
        if not 0 <= depth <= _DEEPEST_NESTING:
            return None
        if operator == "Do":
            drawn.add(str(instruction.operands[0]))
    return drawn


def _is_allowed_image(image: Any) -> bool:
    if not isinstance(image, Stream) or image.get("/Subtype") != Name.Image:
        return False
    if any(key in image for key in _IMAGE_KEYS_REFUSED) or not _has_allowed_filters(image):
        return False
    if image.get("/ImageMask", False):
        return "/ColorSpace" not in image
    if not _is_allowed_colour(image.get("/ColorSpace")):
        return False
    masks = [image.get(key) for key in ("/SMask", "/Mask")]
    return all(_is_allowed_image(mask) for mask in masks if isinstance(mask, Stream))


def _has_allowed_filters(image: Stream) -> bool:
    filters = image.get("/Filter")
    names = list(filters) if isinstance(filters, Array) else [] if filters is None else [filters]
    return all(str(name) in _FILTERS for name in names)


def _is_allowed_colour(space: Any) -> bool:
    if isinstance(space, Name):
        return str(space) in _PLAIN_COLOURS
    if not isinstance(space, Array) or len(space) < 2:
        return False
    kind = str(space[0])
    if kind == "/Indexed":
        return _is_allowed_colour(space[1])
    return kind in _CALIBRATED or (kind == "/ICCBased" and _is_allowed_profile(space[1]))


def _is_allowed_profile(profile: Any) -> bool:
    """An ICC profile of version 2 or 4 for as many channels as the image says. Source: ISO 15076-1, 7.2."""
    if not isinstance(profile, Stream):
        return False
    head = profile.read_bytes()[:128]
    if len(head) < 128 or head[36:40] != b"acsp" or head[8] not in (2, 4):
        return False
    return head[12:16] in _PROFILE_CLASSES and _PROFILE_SPACES.get(head[16:20]) == int(profile.get("/N", 0))
