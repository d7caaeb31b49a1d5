"""From values to HTML: the templates, how they write dates and sizes, and the headers every page carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from api.calls import service_of
from api.pages import notices
from api.pages.static_files import static_url
from eakte.access_tables import right_names
from eakte.clock import in_city, today
from eakte.explaining import CAUSE_WORDS
from eakte.note_words import QUALITY_WORDS, sections_of
from eakte.receipt import CHANNELS

if TYPE_CHECKING:
    from api.pages.visits import Visit

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Not `no-store`: what somebody typed must survive the back button. Signing out empties the cache.
    "Cache-Control": "private, no-cache",
}


def german_day(day: date | None) -> str:
    """31.03.2026; empty for None."""
    return "" if day is None else f"{day:%d.%m.%Y}"


def german_moment(moment: datetime | None) -> str:
    """31.03.2026, 14:05, as the clocks in the city show it; empty for None."""
    return "" if moment is None else f"{in_city(moment):%d.%m.%Y, %H:%M}"


def german_told_moment(told: str) -> str:
    """As `moment`, of one that a file tells (RFC 3339)."""
    return german_moment(datetime.fromisoformat(told))


def german_time(moment: datetime) -> str:
    """14:05, as the clocks in the city show it."""
    return f"{in_city(moment):%H:%M}"


def german_start(moment: datetime) -> str:
    """The beginning of a validity: a day, or a moment within one."""
    local = in_city(moment)
    return german_day(local.date()) if local.time() == time.min else german_moment(moment)


def german_end(moment: datetime) -> str:
    """The end of a validity: the last day that belongs to it, or a moment within one."""
    local = in_city(moment)
    return german_day(local.date() - timedelta(days=1)) if local.time() == time.min else german_moment(moment)


def german_size(size_bytes: int) -> str:
    """A size as people read it: 12 kB, 3,4 MB."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size_bytes >= factor:
            size = size_bytes / factor
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}".replace(".", ",")
    return f"{size_bytes} Byte"


def field_label(name: str) -> str:
    """A field of the filing plan as people read it: `plan_bis` is „Plan bis“."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """A text with its hits in `<mark>`.

    Args:
        spans: Start and end of each hit, in characters.
    """
    return Markup("").join(_pieces(text, spans))


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Markup]:
    done = 0
    for start, end in sorted(spans):
        if start < done:
            continue
        yield escape(text[done:start])
        yield Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    yield escape(text[done:])


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    day=german_day,
    moment=german_moment,
    told_moment=german_told_moment,
    time=german_time,
    start=german_start,
    end=german_end,
    size=german_size,
    marked=marked,
    field_label=field_label,
    rights=right_names,
    cause=CAUSE_WORDS.__getitem__,
    note_sections=sections_of,
    quality=QUALITY_WORDS.__getitem__,
)
_environment.globals.update(static=static_url, channels=CHANNELS)


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page from its template, for whoever visits; a notice left by the step before is shown once.

    Args:
        values: What the template uses beyond the frame of every page.
    """
    visit: Visit | None = getattr(request.state, "visit", None)
    notice = notices.take(request)
    settings = service_of(request).settings
    frame = {
        "visit": visit,
        "demo": settings.demo,
        "city": settings.city,
        "notice": notice,
        "today": today(),
        "q": "",
    }
    html = _environment.get_template(template).render({**frame, **values})
    response = HTMLResponse(html, status, HEADERS)
    if notice is not None:
        notices.clear(response)
    return response
