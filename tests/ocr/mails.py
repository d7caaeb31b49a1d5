"""E-mails for tests."""

from __future__ import annotations

from email.message import EmailMessage

PICTURE = b"\x89PNG\r\n\x1a\n"


def mail(text: str = "Guten Tag", *, subject: str = "Antrag", **enclosed: bytes) -> EmailMessage:
    """A mail; what is enclosed by its name, an underscore for the dot."""
    message = EmailMessage()
    message["From"] = "Erika Größmann <erika@example.org>"
    message["To"] = "post@stadt.example"
    message["Date"] = "Fri, 30 Oct 2026 23:30:00 +0000"
    message["Subject"] = subject
    message.set_content(text)
    for name, content in enclosed.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name.replace("_", "."))
    return message
