"""Those who take part in the demo, each speaking HTTP with a token of their own, like any stranger."""

from __future__ import annotations

from typing import Any

import httpx

from api.demo.board import DemoFailed

PREFIX = "/api/v1"
TIMEOUT_S = 60.0


class Caller:
    """Somebody with a bearer token."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=address + PREFIX, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S
        )

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Make a call and take whatever answer comes.

        Raises:
            DemoFailed: No answer at all.
        """
        try:
            return self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise DemoFailed(f"{method} {path}: keine Antwort vom Dienst ({error!r})") from error

    def call(self, method: str, path: str, *, status: int | tuple[int, ...] = 200, **request: Any) -> httpx.Response:
        """Make a call that must succeed.

        Raises:
            DemoFailed: Another status than expected.
        """
        answer = self.ask(method, path, **request)
        expected = status if isinstance(status, tuple) else (status,)
        if answer.status_code not in expected:
            raise DemoFailed(f"{method} {path}: {answer.status_code} statt {expected[0]}\n{answer.text[:1000]}")
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return self.call("GET", path, params=query).json()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def token_for(address: str, name: str, secret: str) -> str:
    """A token for client credentials (OAuth 2), as specialist systems and stations get theirs."""
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    try:
        answer = httpx.post(f"{address}{PREFIX}/oauth/token", data=form, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise DemoFailed(f"Kein Token für {name}: {error!r}") from error
    if answer.status_code != 200:
        raise DemoFailed(f"Kein Token für {name}: {answer.status_code}\n{answer.text[:1000]}")
    return str(answer.json()["access_token"])
