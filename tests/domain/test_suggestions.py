"""Suggestions without a code: what is found in a text, how it is weighed, and what they never betray."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from eakte import case_files, granting, nodes
from eakte.case_file_tables import CaseFile, Party
from eakte.case_files import CaseFileChange, CaseFileWish
from eakte.clues import Clue
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.inbox_tables import InboxItem
from eakte.intake.suggestions import Suggestion, suggest
from eakte.letter_tables import Letter
from eakte.parties import PartyWish
from tests.domain.registry import FORMAT, Registry
from tests.domain.waiting_texts import waiting_with

ERIKA = PartyWish("Antragstellerin", "Erika Muster", birth_date=date(1985, 4, 3), address={"text": "Gartenstraße 7"})


def suggested(registry: Registry, item: InboxItem, person: str = "anna") -> list[Suggestion]:
    document = registry.session.get_one(Document, item.document_id)
    return suggest(registry.session, registry.actor(person), document)


def told(registry: Registry, *pages: str) -> list[tuple[object, float, str]]:
    """Case file, score and reason of each suggestion for a text."""
    found = suggested(registry, waiting_with(registry, *pages))
    return [(one.case_file.id, one.score, one.reason) for one in found]


def numbered(registry: Registry, reference: str, *, unit: str = "SO") -> CaseFile:
    """A case file with exactly this reference."""
    wish = CaseFileWish("50", "Akte", responsible_unit=unit)
    return case_files.open_case_file(registry.session, registry.actor(), wish, reference_format=reference)


# -- references --------------------------------------------------------------------------------------


WRITTEN = [
    ("11.20/2026/00042", 0.9),
    ("11.20-2026-42", 0.9),
    ("11.20 / 2026 / 042", 0.9),
    ("Az.:11.20/2026/00042.", 0.9),
    ("l1.2O/2026/OOO42", 0.75),
    ("I1.20/2O26/00042", 0.75),
    ("11.20/202600042", 0.75),
    ("11.20/20/26/00042", 0.75),
    ("11.20\\2026\\00042", 0.9),
    ("11.20 2026 00042", 0.9),
    ("11.2012026100042", 0.75),
    ("11.20|2026|00042", 0.9),
    ("11.20l2026/00042", 0.75),
]


def test_a_reference_is_found_however_it_is_written_or_read(registry: Registry) -> None:
    case_file = numbered(registry, "11.20/2026/00042")
    numbered(registry, "11.20/2026/00043")
    item = waiting_with(registry, "Guten Tag,")

    for written, score in WRITTEN:
        say(registry, item, f"zu {written} teile ich mit, dass")
        (found,) = suggested(registry, item)
        assert (found.case_file.id, found.score) == (case_file.id, score), written
        assert found.reason.startswith("Aktenzeichen 11.20/2026/00042 im Text"), written
        assert found.reason.endswith("Seite 1"), written


def test_a_reference_with_letters_is_found_when_they_are_misread(registry: Registry) -> None:
    case_file = numbered(registry, "SO-BIS 2026/0815")

    assert [found for found, _, _ in told(registry, "Unser Zeichen: 50-B1S 2O26/0815")] == [case_file.id]


def test_what_only_looks_like_a_reference_suggests_nothing(registry: Registry) -> None:
    numbered(registry, "11.05/2026/00014")

    for text in ("am 11.05.2026 14 Uhr", "11.05/2026/15", "11.05/2027/00014", "Tel. 11052 026 14", ""):
        assert told(registry, text) == [], text


def test_two_references_in_one_letter_share_the_score(registry: Registry) -> None:
    numbered(registry, "11.20/2026/00042"), numbered(registry, "11.20/2026/00043")

    assert [score for _, score, _ in told(registry, "11.20/2026/42, 11.20/2026/43")] == [0.45, 0.45]


SLIPS = {
    "0": ["0", "O", "o"],
    "1": ["1", "l", "I"],
    "5": ["5", "S", "s"],
    "8": ["8", "B"],
    "/": ["/", "", " ", "-", "\\", " / ", "l", "|", "//"],
}
NUMBERS = (1, 18, 42, 501, 815, 1508, 80051, 99999)


@st.composite
def misread(draw: st.DrawFn) -> tuple[str, str]:
    """A reference and what a bad eye makes of it."""
    number = draw(st.one_of(st.sampled_from(NUMBERS), st.integers(1, 99_999)))
    reference = f"50.18/2026/{number:05d}"
    return reference, "".join(draw(st.sampled_from(SLIPS.get(sign, [sign]))) for sign in reference)


def test_a_misread_reference_is_found_where_it_exists_and_never_one_that_does_not(registry: Registry) -> None:
    known = {f"50.18/2026/{number:05d}" for number in NUMBERS}
    for reference in known:
        numbered(registry, reference)
    item = waiting_with(registry, "")

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(misread(), st.sampled_from(["", "Ihr Zeichen: ", "zu "]))
    def check(pair: tuple[str, str], before: str) -> None:
        reference, read = pair
        with registry.session.begin_nested() as attempt:
            say(registry, item, f"{before}{read}\nSehr geehrte Damen und Herren")
            found = [one.case_file.reference for one in suggested(registry, item)]
            attempt.rollback()
        assert found == ([reference] if reference in known else [])

    check()


def say(registry: Registry, item: InboxItem, text: str) -> None:
    version = registry.session.exec(
        select(DocumentVersion.id).where(DocumentVersion.document_id == item.document_id)
    ).one()
    registry.session.get_one(Page, (version, 1)).text = text
    registry.session.flush()


# -- ids, fields, people -----------------------------------------------------------------------------


def test_external_ids_and_telling_fields_point_to_their_case_files(registry: Registry) -> None:
    entry = registry.entry("11.20")
    entry.field_types = {
        "personnel_no": {"type": "text", "required": False},
        "kasse": {"type": "number", "required": False},
        "bis": {"type": "date", "required": False},
        "stufe": {"type": "text", "required": False},
    }
    fields = {"personnel_no": "PN-4711-08", "kasse": 12345, "bis": "2026-05-01", "stufe": "E 9"}
    wish = CaseFileWish("11.20", "Akte", fields=fields, responsible_unit="SO", external_id="KM/2026-0077")
    case_file = case_files.open_case_file(registry.session, registry.actor(), wish, reference_format=FORMAT)

    assert told(registry, "Personalnummer PN 4711-O8") == [(case_file.id, 0.7, "Personnel no „PN 4711-O8“, Seite 1")]
    assert told(registry, "Kasse 12345") == [(case_file.id, 0.45, "Kasse „12345“, Seite 1")]
    assert told(registry, "Kennung KM/2026-0077") == [(case_file.id, 0.8, "Kennung „KM/2026-0077“ im Text, Seite 1")]
    assert told(registry, "am 01.05.2026, 2026-05-01, E 9") == []

    change = CaseFileChange(fields={"personnel_no": "PN-5000-00"})
    case_files.change_case_file(registry.session, registry.actor(), case_file.id, change)

    assert told(registry, "PN-4711-08, 12345") == []
    assert len(told(registry, "PN-5000-00")) == 1


def test_name_birth_date_address_and_open_letter_add_up(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO", parties=(ERIKA,))
    filler = "Zeile\n" * 10

    assert told(registry, f"{filler}wegen Frau Dr. Erika Muster") == [
        (case_file.id, 0.4, "Name von Erika Muster, Seite 1")
    ]
    assert told(registry, "MUSTER, ERIKA\nMusterstadt")[0][1:] == (0.5, "Erika Muster als Absender, Seite 1")
    assert told(registry, f"{filler}Name: Muster\nVorname: Erika\nGeburtsdatum: 3. April 1985")[0][1:] == (
        0.85,
        "Name und Geburtsdatum von Erika Muster",
    )
    assert told(registry, "Erika Muster\nGartenstr. 7, Gartenstraße 7\n12345 Musterstadt")[0][1:] == (
        0.7,
        "Erika Muster als Absender, Seite 1; Anschrift von Erika Muster",
    )
    letter = registry.letter(case_file)
    letter.recipient_id = registry.session.exec(select(Party.id)).one()
    registry.session.flush()
    (found,) = told(registry, "Erika Muster")
    assert found[1] == 0.65
    assert found[2].endswith(f"unbeantwortetes Schreiben vom {letter.posted_on:%d.%m.%Y} an Erika Muster")
    answered(registry, letter)
    assert told(registry, "Erika Muster")[0][1] == 0.5


def answered(registry: Registry, letter: Letter) -> None:
    letter.answered_on = letter.posted_on
    registry.session.flush()


def test_two_people_with_one_name_lower_it_and_a_birth_date_decides(registry: Registry) -> None:
    first = registry.case_file(unit="SO", parties=(ERIKA,))
    second = registry.case_file(unit="SO", parties=(PartyWish("Kind", "Erika Muster", birth_date=date(2015, 1, 2)),))

    assert [score for _, score, _ in told(registry, "Erika Muster")] == [0.25, 0.25]
    assert told(registry, "Erika Muster, geb. 02.01.2015") == [
        (second.id, 0.85, "Name und Geburtsdatum von Erika Muster")
    ]
    assert told(registry, "Erika Muster, geboren am 3.4.1985") == [
        (first.id, 0.85, "Name und Geburtsdatum von Erika Muster")
    ]
    assert told(registry, "Erika Muster, geb. 09.09.1999") == []
    assert len(told(registry, "Erika Muster und Max Klein, geb. 09.09.1999")) == 2, "that is another's birth date"


def test_a_protected_address_is_never_compared(registry: Registry) -> None:
    registry.case_file(
        unit="SO", parties=(PartyWish("Mutter", "Käthe Groß", address={"street": "Geheimweg 1"}, protected=True),)
    )

    assert told(registry, "KAETHE GROSS\nGeheimweg 1") == [
        (told(registry, "Käthe Groß")[0][0], 0.5, "Käthe Groß als Absender, Seite 1")
    ]


def test_a_name_with_braces_is_told_as_it_is(registry: Registry) -> None:
    registry.case_file(unit="SO", parties=(PartyWish("Firma", "Muster {reference} Werke"),))

    assert "Muster {reference} Werke" in told(registry, "Muster reference Werke\nMuster Reference Werke")[0][2]


# -- rights ------------------------------------------------------------------------------------------


def test_only_what_one_may_file_into_is_suggested_and_hidden_namesakes_change_no_score(registry: Registry) -> None:
    registry.person("otto", "SO")
    mine = registry.case_file(unit="SO", parties=(ERIKA,))
    alone = suggested(registry, waiting_with(registry, "Erika Muster"))

    hidden = registry.case_file(parties=(PartyWish("Kind", "Erika Muster"),))
    readable = registry.case_file(parties=(PartyWish("Kind", "Erika Muster"),))
    registry.grant(readable, "person:anna")
    item = waiting_with(registry, "Erika Muster", f"{hidden.reference} und {readable.reference}")

    assert suggested(registry, item) == alone
    assert [one.case_file.id for one in alone] == [mine.id]
    registry.grant(hidden, "person:otto", "file")
    assert {one.case_file.id for one in suggested(registry, item, "otto")} == {mine.id, hidden.id}


def test_a_letter_that_one_may_not_read_is_no_reason_for_them(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO", parties=(ERIKA,))
    letter = registry.letter(case_file)
    letter.recipient_id = registry.session.exec(select(Party.id)).one()
    item = waiting_with(registry, "Erika Muster")
    assert "unbeantwortetes Schreiben" in suggested(registry, item)[0].reason

    registry.person("otto")
    registry.grant(nodes.document(letter.document_id), "person:otto", "share")
    granting.shield(registry.session, registry.actor(), nodes.document(letter.document_id))

    assert suggested(registry, item)[0].reason == "Erika Muster als Absender, Seite 1"


def test_at_most_five_are_suggested_and_none_before_the_text_is_read(registry: Registry) -> None:
    for _ in range(7):
        registry.case_file(unit="SO", parties=(ERIKA,))

    assert len(suggested(registry, waiting_with(registry, "Erika Muster, geb. 03.04.1985"))) == 5
    assert suggested(registry, registry.waiting("SO")) == []


def test_every_case_file_has_the_clues_of_its_reference(registry: Registry) -> None:
    case_file = registry.case_file()

    kinds = registry.session.exec(select(Clue.kind).where(Clue.case_file_id == case_file.id)).all()
    assert sorted(kinds) == ["reference", "squeezed"]
