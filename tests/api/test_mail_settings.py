"""What a mailbox is set up with, before any server is asked; the servers themselves: test_mailbox."""

from __future__ import annotations

import pytest

from api.mailbox import check_settings, quoted
from eakte.errors import Invalid
from eakte.settings import MailSettings


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("Erledigt & geprüft", '"Erledigt &- gepr&APw-ft"'),
        ("台北/日本語", '"&U,BTFw-/&ZeVnLIqe-"'),  # RFC 3501, 5.1.3
        ('mit "Zeichen" \\', '"mit \\"Zeichen\\" \\\\"'),
        ("a\r\nb", '"a&AA0ACg-b"'),
    ],
)
def test_names_of_folders_are_written_as_imap_wants_them(name: str, written: str) -> None:
    assert quoted(name) == written


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({}, []),
        ({"security": "none"}, ["/EAKTE_MAIL__SECURITY"]),
        ({"security": "none", "host": "127.0.0.1"}, []),
        ({"security": "none", "host": "localhost"}, []),
        ({"host": "", "user": ""}, ["/EAKTE_MAIL__HOST", "/EAKTE_MAIL__USER"]),
        ({"done_folder": "INBOX"}, ["/EAKTE_MAIL__FOLDER"]),
    ],
)
def test_what_cannot_be_right_is_named(changes: dict[str, str], pointers: list[str]) -> None:
    usual = {"host": "imap.example.org", "user": "post", "password": "geheim", "station": "scan-1"}
    settings = MailSettings.model_validate(usual | changes)
    assert found_wrong(settings) == pointers
    assert "geheim" not in repr(settings)


def found_wrong(settings: MailSettings) -> list[str]:
    try:
        check_settings(settings)
    except Invalid as error:
        return [problem.pointer for problem in error.fields]
    return []
