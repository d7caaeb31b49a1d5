"""The audit trail in the words of people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from eakte.access_tables import right_names
from eakte.note_words import RESULT_WORDS
from eakte.receipt import CHANNELS
from eakte.subjects import DisplayNames, in_words

_TAGS = {
    "case_file_opened": "Akte angelegt",
    "case_file_changed": "Akte geändert",
    "case_file_completed": "Akte abgeschlossen",
    "case_file_reopened": "Akte wieder geöffnet",
    "party_added": "Beteiligte ergänzt",
    "proceeding_opened": "Vorgang begonnen",
    "document_filed": "Dokument abgelegt",
    "document_changed": "Dokument geändert",
    "document_moved": "Dokument verschoben",
    "document_withdrawn": "Dokument zurückgezogen",
    "version_added": "Neue Version",
    "content_read": "Datei gelesen",
    "page_read": "Seite gelesen",
    "text_read": "Text gelesen",
    "letter_made": "Schreiben erstellt",
    "letter_approved": "Schreiben freigegeben",
    "letter_posted": "Versand vermerkt",
    "letter_cancelled": "Schreiben storniert",
    "letter_answered": "Schreiben beantwortet",
    "letter_partly_answered": "Schreiben zum Teil beantwortet",
    "letter_returned": "Schreiben unzustellbar zurück",
    "cover_sheet_printed": "Deckblatt gedruckt",
    "inbox_received": "Im Postkorb eingegangen",
    "inbox_filed": "Aus dem Postkorb abgelegt",
    "inbox_forwarded": "Weitergeleitet",
    "inbox_rejected": "Aussortiert",
    "inbox_joined": "Mit anderem Eingang zusammengelegt",
    "inbox_split": "In mehrere Eingänge getrennt",
    "receipt_corrected": "Eingang berichtigt",
    "scanned_by_mistake": "Irrtümlich gescannt, zurückgezogen",
    "scan_mistake_undone": "Irrtümlich gescannt: rückgängig",
    "paper_placed": "Verbleib des Papiers vermerkt",
    "paper_returned": "Original zurückgegeben",
    "paper_destroyed": "Papier vernichtet",
    "post_registered": "Ungescannte Post erfasst",
    "post_handed_over": "Ungescannte Post übergeben",
    "reply_corrected": "Antwort berichtigt",
    "grant_given": "Recht vergeben",
    "grant_revoked": "Recht entzogen",
    "shield_set": "Abgeschirmt",
    "shield_lifted": "Abschirmung aufgehoben",
    "exclusion_set": "Person ausgeschlossen",
    "exclusion_lifted": "Ausschluss aufgehoben",
    "level_set": "Stufe geändert",
    "deputy_named": "Vertretung benannt",
    "deputy_ended": "Vertretung beendet",
    "break_glass": "Notzugriff",
    "notice_seen": "Notzugriff zur Kenntnis genommen",
    "rights_proposed": "Rechteänderung vorgeschlagen",
    "rights_confirmed": "Rechteänderung bestätigt",
    "rights_refused": "Rechteänderung abgelehnt",
    "access_explained": "Rechte erklärt",
    "trail_read": "Protokoll gelesen",
    "access_denied": "Zugriff verweigert",
    "quarantined": "Datei in Quarantäne",
    "quarantine_retried": "Aus der Quarantäne noch einmal gelesen",
    "quarantine_released": "Aus der Quarantäne freigegeben",
    "quarantine_withdrawn": "In der Quarantäne aussortiert",
    "quarantine_read": "Aus der Quarantäne gelesen",
    "transfer_noted": "Transfervermerk geschrieben",
    "transfer_note_read": "Transfervermerk ausgegeben",
    "quality_checked": "Scanqualität geprüft",
    "operator_resolved": "Pseudonym aufgelöst",
    "batch_delivered": "Stapel abgegeben",
    "batch_worked": "Stapel verarbeitet",
    "work_retried": "Auftrag noch einmal versucht",
    "virus_scanning_switched": "Virenprüfung umgestellt",
    "organisation_applied": "Organisation geändert",
    "searched": "Gesucht",
    "signed_in": "Angemeldet",
    "sign_in_refused": "Anmeldung abgewiesen",
    "signed_out": "Abgemeldet",
    "token_issued": "Zugang ausgestellt",
    "secret_set": "Passwort gesetzt",
}
_KINDS = {
    "case_file": "Akte",
    "document": "Dokument",
    "letter": "Schreiben",
    "inbox_item": "Eingang",
    "station": "Scanstation",
    "transfer_note": "Transfervermerk",
    "proceeding": "Vorgang",
    "section": "Register",
    "cover_sheet": "Deckblatt",
    "filing_plan": "Aktenplan",
    "trail": "Protokoll von",
    "entry_section": "Register des Aktenplans",
    "scan_batch": "Scanstapel",
    "unscanned_post": "Ungescannte Post",
    "principal": "Zugang",
}
_DETAILS = {
    "person": "Person",
    "subject": "An",
    "rights": "Rechte",
    "reason": "Grund",
    "deputy_for": "in Vertretung von",
    "deputy_of": "Vertretung von",
    "break_glass": "durch Notzugriff",
    "asked_by": "vorgeschlagen von",
    "minutes": "Minuten",
    "level": "Stufe",
    "responsible_unit": "Federführung",
    "filing_plan": "Aktenplan",
    "page": "Seite",
    "number": "Version",
    "rendition": "Form",
    "address": "Adresse",
    "readers": "Anzahl",
    "reference": "Aktenzeichen",
    "unit": "Einheit",
    "source": "von",
    "target": "an",
    "path": "Weg",
    "result": "Ergebnis",
    "remark": "Bemerkung",
    "pseudonym": "Pseudonym",
    "form": "Form",
    "more": "weitere",
    "received_on_before": "eingegangen bisher",
    "received_on": "eingegangen nun",
    "channel_before": "Weg bisher",
    "channel": "Weg nun",
    "box": "Karton",
    "keep_until": "aufzubewahren bis",
    "return_to": "zurück an",
    "day": "am",
    "handed_to": "übergeben an",
}
"""What is told of an event; ids of other rows and digests stay in the export of the trail."""

_VALUES: dict[str, Mapping[str, str]] = {
    "channel": CHANNELS,
    "channel_before": CHANNELS,
    "result": {result.value: word for result, word in RESULT_WORDS.items()},
    "rendition": {"original": "Original", "searchable": "durchsuchbares PDF", "archive": "Archivfassung (PDF/A)"},
    "form": {"json": "als Daten", "pdf": "als PDF", "export": "in einer Liste"},
}
"""Words for values; stations may name channels of their own, which stay as they are."""
_DAYS = frozenset({"received_on", "received_on_before", "keep_until", "day"})


def tag_word(tag: str) -> str:
    """What happened."""
    return _TAGS.get(tag, tag)


def kind_word(kind: str) -> str:
    """To what kind of thing."""
    return _KINDS.get(kind, kind)


def detail_words(details: dict[str, Any], names: DisplayNames) -> str:
    """What else is known of it."""
    told = ((word, _value(name, details[name], names)) for name, word in _DETAILS.items() if details.get(name))
    return "; ".join(f"{word}: {value}" if value else word for word, value in told)


def _value(name: str, value: Any, names: DisplayNames) -> str:
    if name in ("person", "deputy_for", "deputy_of", "asked_by"):
        return names.principal(str(value))
    if name in ("unit", "responsible_unit", "source", "target"):
        return names.unit(str(value))
    if name == "rights" and isinstance(value, int):
        return right_names(value)
    if name == "subject":
        return in_words(str(value), names)
    if name in _DAYS:
        return f"{date.fromisoformat(str(value)):%d.%m.%Y}"
    return "" if value is True else _VALUES.get(name, {}).get(str(value), str(value))
