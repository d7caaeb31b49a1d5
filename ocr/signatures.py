"""Says of the electronic signatures of a PDF whether they verify, inside a child process, from the file alone.

Nothing is fetched: no revocation lists, no missing certificates. Whom a city trusts stands in a folder of its own.

Source: ISO 32000-2:2020, 12.8 (digital signatures); ETSI EN 319 142-1 (PAdES).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.misc import PdfError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import ModificationInfo, SignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from eakte.clock import now
from eakte.paper import Signature, Trust
from ocr.inspection import open_pdf, signed_fields

_MOST = 50
_DAY = "%d.%m.%Y"
_BROKEN = (
    PdfError, PathError, InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError, IndexError, TypeError,
    AttributeError, NotImplementedError, OSError,
)  # fmt: skip
"""What the library throws at signatures that are built wrongly."""

# Certificates for signing say one or the other.
_KEY_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)

_MISBUILT = "Die Unterschrift ist fehlerhaft aufgebaut und lässt sich nicht prüfen."
_TOO_MANY = f"Das PDF trägt mehr als {_MOST} Unterschriften; weitere wurden nicht geprüft."
_FORGED = "Die Unterschrift passt nicht zum Inhalt: Das Dokument wurde nach dem Unterschreiben verändert."
_WRONG_KEY = "Die Unterschrift wurde nicht mit dem Schlüssel ihres Zertifikats geleistet oder ist beschädigt."
_CHANGED_LATER = (
    "Nach dem Unterschreiben wurde der Inhalt des Dokuments geändert; die Unterschrift gilt nur dem Stand davor."
)
_ADDED_LATER = (
    "Nach dem Unterschreiben kam nur hinzu, was den Inhalt nicht berührt: weitere Unterschriften, Einträge in Felder."
)
_NOT_ALL = "Die Unterschrift gilt nur für einen Teil der Datei."
_NOBODY_TRUSTED = "Es ist nicht eingestellt, welchen Ausstellern von Zertifikaten vertraut wird."
_NOT_TRUSTED = (
    "Das Zertifikat geht auf keinen Aussteller zurück, dem vertraut wird, oder ist zum Unterschreiben nicht zugelassen."
)


@dataclass(frozen=True)
class _Trusted:
    """Certificates of trusted issuers; None where nobody can say, and why."""

    certificates: list[Any] | None
    doubt: str = ""


def signatures(path: Path, trust_folder: Path | None) -> Iterator[Signature]:
    """Check each signature of a PDF, in the order of signing; answers one after the other."""
    trusted = _trusted(trust_folder)
    with path.open("rb") as file:
        try:
            found = _read(file)
        except _BROKEN:
            yield Signature(reason=_MISBUILT)
            return
        if not found and _claims_to_be_signed(path):
            yield Signature(reason=_MISBUILT)
        for number, signature in enumerate(found):
            if number == _MOST:
                yield Signature(reason=_TOO_MANY)
                return
            try:
                yield _checked(signature, trusted)
            except _BROKEN:
                yield Signature(signer=_signer_of(signature), reason=_MISBUILT)


def _trusted(folder: Path | None) -> _Trusted:
    if folder is None:
        return _Trusted(None, _NOBODY_TRUSTED)
    try:
        files = [path for path in sorted(folder.iterdir()) if path.is_file()]
        return _Trusted(list(load_certs_from_pemder(files)))  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        return _Trusted(None, f"Die Zertifikate der Aussteller, denen vertraut wird, sind nicht lesbar: {error}")


def _read(file: BinaryIO) -> list[EmbeddedPdfSignature]:
    """The file's signatures; a reader that is less strict is for files that break other rules of PDF."""
    try:
        return _opened(file, strict=True)
    except PdfReadError:
        return _opened(file, strict=False)


def _opened(file: BinaryIO, *, strict: bool) -> list[EmbeddedPdfSignature]:
    reader = PdfFileReader(file, strict=strict)
    if reader.encrypted:  # without a password to open it, or it would have been refused before
        reader.decrypt("")
    return list(reader.embedded_signatures)


def _claims_to_be_signed(path: Path) -> bool:
    with open_pdf(path)[0] as pdf:
        return any(True for _ in signed_fields(pdf))


def _checked(signature: EmbeddedPdfSignature, trusted: _Trusted) -> Signature:
    context = ValidationContext(trust_roots=trusted.certificates or [], allow_fetching=False)
    if signature.sig_object_type == "/DocTimeStamp":
        stamp = validate_pdf_timestamp(signature, context)
        return _told(signature, stamp, stamp, stamp.timestamp, trusted)
    status: PdfSignatureStatus = validate_pdf_signature(signature, context, key_usage_settings=_KEY_USAGE)
    proof = status.timestamp_validity
    proven = proof is not None and proof.intact and proof.valid
    signed_at = proof.timestamp if proof is not None and proven else status.signer_reported_dt
    return _told(signature, status, status, signed_at, trusted)


def _told(
    signature: EmbeddedPdfSignature,
    status: SignatureStatus,
    changes: ModificationInfo,
    signed_at: datetime | None,
    trusted: _Trusted,
) -> Signature:
    if signed_at is not None and signed_at.tzinfo is None:  # said without a zone
        signed_at = signed_at.replace(tzinfo=UTC)
    whole = changes.coverage is SignatureCoverageLevel.ENTIRE_FILE
    intact = bool(status.intact and status.valid)
    holds, reasons = _holds(changes, whole=whole)
    if not status.intact:
        reasons = [_FORGED]
    elif not status.valid:
        reasons = [_WRONG_KEY]
    trust, doubt = _trust(status, signed_at, trusted)
    return Signature(
        signer=_signer_of(signature),
        signed_at=None if signed_at is None else signed_at.isoformat(),
        covers_whole_document=whole,
        intact=intact,
        verifies=intact and holds,
        trusted=trust if intact else Trust.NO,
        reason=" ".join([*reasons, *([doubt] if intact and doubt else [])]),
    )


def _holds(changes: ModificationInfo, *, whole: bool) -> tuple[bool, list[str]]:
    """Whether what was signed is still what the document shows, and what is to be said about that."""
    if whole:
        return True, []
    if changes.coverage is not SignatureCoverageLevel.ENTIRE_REVISION:
        return False, [_NOT_ALL]
    level = changes.modification_level
    if level is None or level is ModificationLevel.OTHER or not changes.docmdp_ok:
        return False, [_CHANGED_LATER]
    return True, [_ADDED_LATER]


def _trust(status: SignatureStatus, signed_at: datetime | None, trusted: _Trusted) -> tuple[Trust, str]:
    certificate = status.signing_cert
    valid_from, valid_until = certificate.not_valid_before, certificate.not_valid_after
    if signed_at is not None and not valid_from <= signed_at <= valid_until:
        return (
            Trust.NO,
            f"Das Zertifikat galt beim Unterschreiben nicht (gültig {valid_from:%d.%m.%Y} bis {valid_until:{_DAY}}).",
        )
    if trusted.certificates is None:
        if not valid_from <= now() <= valid_until:
            return Trust.UNKNOWN, f"{trusted.doubt} Das Zertifikat ist seit dem {valid_until:{_DAY}} abgelaufen."
        return Trust.UNKNOWN, trusted.doubt
    if status.trusted:
        return Trust.YES, ""
    if not valid_from <= now() <= valid_until:
        return Trust.NO, f"Das Zertifikat ist seit dem {valid_until:{_DAY}} abgelaufen."
    return Trust.NO, _NOT_TRUSTED


def _signer_of(signature: EmbeddedPdfSignature) -> str:
    try:
        names = signature.signer_cert.subject.native
        return str(names.get("common_name") or names.get("organization_name") or "")[:200]
    except _BROKEN:
        return ""
