"""What the step before has to tell the next page, such as "abgelegt": carried by a cookie, shown once."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

COOKIE = "eakte_notice"


def go_to(path: str, notice: str | None = None, **values: str) -> Response:
    """Send the browser on after a form (303), so that reloading repeats nothing.

    Args:
        notice: Name of a text in `notices.html`.
        values: What that text names.
    """
    response = RedirectResponse(path, 303)
    if notice is not None:
        packed = base64.urlsafe_b64encode(json.dumps([notice, values], ensure_ascii=False).encode()).decode()
        response.set_cookie(COOKIE, packed, max_age=60, httponly=True, samesite="lax")
    return response


def take(request: Request) -> dict[str, Any] | None:
    """The notice for this page, `{"name": …, "values": …}`; None when there is none of ours."""
    packed = request.cookies.get(COOKIE)
    if packed is None:
        return None
    try:
        name, values = json.loads(base64.urlsafe_b64decode(packed))
    except (ValueError, TypeError, binascii.Error):
        return None
    if not isinstance(name, str) or not isinstance(values, dict):
        return None
    return {"name": name, "values": values}


def clear(response: Response) -> None:
    """Forget the notice once it is shown."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
