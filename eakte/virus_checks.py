"""Checking for harmful files (Virenprüfung): bytes from outside are scanned before anything opens them.

Where an installation has begun to scan, nothing that came since is opened or given out unscanned, whichever door it
came through. While the scanner does not answer, work waits and is taken up again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from eakte import installation
from eakte.clock import now
from eakte.desk import Desk
from eakte.document_tables import DocumentVersion
from eakte.errors import Conflict, NotPermitted, ScannerAway, Unreadable
from eakte.installation import Installation
from eakte.quarantine_tables import (
    HARMFUL,
    OPEN_STATES,
    QuarantineCause,
    QuarantineEntry,
    QuarantineState,
    Verdict,
    VirusCheck,
)

_STAYS_HERE = (QuarantineCause.INFECTED, QuarantineCause.UNSCANNABLE, QuarantineCause.UNCUT)
HOLDS_FOR = timedelta(days=1)
"""How long bytes count as clean: the signatures of next week may know what those of today do not."""


class Harmful(Unreadable):
    """The scanner refuses a file: it is not opened."""


@contextmanager
def opened(desk: Desk, sha256: str) -> Iterator[Path]:
    """The file to open for whoever reads it, once it is known to be harmless: the only way to a reader.

    Raises:
        Harmful: It may not be opened.
        ScannerAway: It is to be scanned, and no scanner answers.
        NotFound, Damaged: As the store says.
    """
    ensure_harmless(desk, sha256)
    with desk.blobs.local_path(sha256) as path:
        yield path


def ensure_harmless(desk: Desk, sha256: str) -> None:
    """Scan bytes that are to be scanned and were not lately; raises as `opened`."""
    with desk.records.reading() as session:
        known = session.get(VirusCheck, sha256)
        is_scanning = installation.scanning_since(session) is not None
    if known is None or (is_scanning and _is_old(known)):
        if not is_scanning:
            return
        known = _scan(desk, sha256)
    if known.verdict in HARMFUL:
        raise Harmful(known.verdict.value, in_words(known))


def in_words(check: VirusCheck) -> str:
    """Why a file is held back, for a clerk."""
    if check.verdict is Verdict.INFECTED:
        return f"Der Virenscanner meldet „{check.detail}“. Die Datei wurde nicht geöffnet."
    return f"Der Virenscanner kann die Datei nicht prüfen: {check.detail} Sie wurde nicht geöffnet."


def note_made_here(session: Session, sha256: str) -> None:
    """Note bytes that we made ourselves, of our own or of what was scanned, so that nobody waits for a scan of them."""
    if installation.scanning_since(session) is not None and session.get(VirusCheck, sha256) is None:
        session.add(VirusCheck(sha256=sha256, verdict=Verdict.MADE_HERE))
        session.flush()


def want_anew(session: Session, sha256: str) -> None:
    """Let the bytes be scanned again when they are opened next."""
    known = session.get(VirusCheck, sha256)
    if known is not None and known.verdict is not Verdict.MADE_HERE:
        known.wanted_anew = True


def cause_of(session: Session, sha256: str) -> QuarantineCause | None:
    """Why bytes are harmful; None when nothing is known against them."""
    known = session.get(VirusCheck, sha256)
    return QuarantineCause(known.verdict.value) if known is not None and known.verdict in HARMFUL else None


def check_may_be_shown(session: Session, version: DocumentVersion) -> None:
    """Refuse to give out what is harmful or not scanned yet, or holds other people's pages; whoever calls may read it.

    Raises:
        NotPermitted: It is in quarantine.
        Conflict: It is not scanned yet.
    """
    known = select(Installation.scanning_since, VirusCheck.verdict, QuarantineEntry.cause, QuarantineEntry.state)
    since, verdict, cause, state = session.exec(
        known.select_from(Installation)
        .outerjoin(VirusCheck, VirusCheck.sha256 == version.sha256)  # type: ignore[arg-type]
        .outerjoin(QuarantineEntry, QuarantineEntry.version_id == version.id)  # type: ignore[arg-type]
    ).one()
    if state is QuarantineState.RELEASED:
        return
    if verdict in HARMFUL:
        raise NotPermitted(
            "Diese Datei ist in Quarantäne: Der Virenscanner hält sie für gefährlich oder kann sie nicht prüfen. "
            "Nur wer die Anwendung verwaltet, kann sie freigeben."
        )
    if cause is QuarantineCause.UNCUT and state is not QuarantineState.READ:
        raise NotPermitted("Diese Datei ist in Quarantäne: In ihr stecken auch Seiten anderer Schreiben.")
    if verdict is None and since is not None and version.created_at >= since:
        raise Conflict("Diese Datei wird noch auf Schadsoftware geprüft; bitte gleich noch einmal versuchen.")


def check_may_leave(session: Session, version: DocumentVersion) -> None:
    """Refuse to file or forward from an inbox what only an administrator may release, or what holds others' pages.

    Raises:
        Conflict: It is in quarantine.
    """
    known = select(QuarantineEntry.cause).where(
        QuarantineEntry.version_id == version.id, col(QuarantineEntry.state).in_(OPEN_STATES)
    )
    if session.exec(known).first() in _STAYS_HERE:
        raise Conflict("Diese Datei ist in Quarantäne und kann erst nach einer Freigabe abgelegt oder versandt werden.")


def _is_old(known: VirusCheck) -> bool:
    return known.verdict is not Verdict.MADE_HERE and (known.wanted_anew or now() - known.checked_at > HOLDS_FOR)


def _scan(desk: Desk, sha256: str) -> VirusCheck:
    if desk.scanner is None:
        raise ScannerAway(
            "Diese Installation prüft auf Schadsoftware, aber hier ist kein Virenscanner eingestellt (EAKTE_CLAMD)."
        )
    with desk.blobs.open(sha256) as content:
        found = desk.scanner.scan(content)
    check = VirusCheck(sha256=sha256, verdict=found.verdict, detail=found.detail, checked_at=now(), wanted_anew=False)
    with desk.records.writing() as session:
        session.merge(check)
    return check
