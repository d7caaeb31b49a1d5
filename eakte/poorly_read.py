"""Pages whose text is not to be relied on (schlecht lesbar): found by `gelesen:schlecht`, marked where shown."""

from __future__ import annotations

from eakte.paper import TextSource

LEAST_CONFIDENCE = 0.78
"""Mean over a page's words. Measured: clean print 0.92 and more; at 0.78 about one word in ten is wrong; handwriting
and what is no writing at all has 0.3 to 0.6."""


def is_poorly_read(source: TextSource, confidence: float | None) -> bool:
    """Whether a page's text is doubtful: recognised with little confidence, or none found although ink stands there.

    Args:
        confidence: Of the page; None without words.
    """
    return source is TextSource.OCR and (confidence is None or confidence < LEAST_CONFIDENCE)
