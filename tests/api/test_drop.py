"""Nightly drops: files and the index that tells of them become documents in the right case files, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.drop import drop
from api.drop_folder import REPORT
from api.drop_mapping import DropMapping, read_mapping
from api.folders_at_rest import DONE, REFUSED, TAKEN, Rounds
from eakte.errors import Invalid, NotPermitted, Unavailable
from tests.api.city import API, City, told
from tests.api.dropped import MAPPING_OF_PAY, OPENING, SLIP, Night


@pytest.fixture
def night(city: City, tmp_path: Path) -> Night:
    return Night(city, tmp_path / "lohn")


HEAD = "Datei;Akte;PersNr;Art;Tag;Register;Beleg\n"


def test_rows_become_documents_in_the_case_files_they_name(night: Night) -> None:
    first, second = night.case_file(), night.case_file()
    told(
        night.city.client("km-personal").put(
            f"{API}/case-files/by-reference/km-personal/4712",
            json={"filing_plan": "11.20", "title": "Personalakte Öl", "fields": {"personnel_no": "4712"}},
        ),
        201,
    )
    night.put("a.pdf")
    night.put("b.pdf", SLIP + b" b")
    night.put("Größe.pdf", SLIP + b" c")
    spelled = second["reference"].replace("/", " - ")
    night.put(
        "lohn.csv",
        f"\ufeff{HEAD}a.pdf;{first['reference']};;Abrechnung;31/10/26;B;b-1\r\n"
        f'b.pdf;"{spelled}";;;;V;b-2\r\nGröße.pdf;;4712;"Be;leg";;;b-3\r\n',
    )

    night.drop().look()

    documents = night.documents()
    assert [(d.title, d.kind, d.section, str(d.document_date), d.created_by) for d in documents] == [
        ("Abrechnung", "outgoing", "Bezüge", "2026-10-31", "km-personal"),
        ("Beleg", "outgoing", "Vertrag", "None", "km-personal"),
        ("Be;leg", "outgoing", None, "None", "km-personal"),
    ]
    assert [str(d.case_file_id) for d in documents[:2]] == [first["id"], second["id"]]
    assert [row["Ergebnis"] for row in night.report()] == ["abgelegt"] * 3
    assert night.report()[0] | {"Dokument": ""} == {
        "Zeile": "2", "Datei": "a.pdf", "Ergebnis": "abgelegt", "Grund": "", "Aktenzeichen": first["reference"],
        "Dokument": "",
    }  # fmt: skip
    assert night.nothing_is_left()
    assert night.in_place(DONE) == sorted(["a.pdf", "b.pdf", "Größe.pdf", "lohn.csv", REPORT])


XML = """<?xml version="1.0" encoding="iso-8859-1"?><x:lieferung xmlns:x="urn:x"><x:kopf/><x:belege>
<x:beleg nr="b-1"><x:ziel><x:akte>{0}</x:akte></x:ziel><x:datei>a.pdf</x:datei><x:art>Größe</x:art></x:beleg>
</x:belege></x:lieferung>"""
JSON = '{{"belege": [{{"nr": "b-1", "ziel": {{"akte": "{0}"}}, "datei": "a.pdf", "art": "Größe", "x": 1}}]}}'


@pytest.mark.parametrize(
    ("name", "content", "number"),
    [
        pytest.param("x.xml", XML.encode("latin-1"), "@nr", id="xml"),
        pytest.param("x.json", JSON.encode(), "nr", id="json"),
    ],
)
def test_an_index_may_be_xml_or_json(city: City, tmp_path: Path, name: str, content: bytes, number: str) -> None:
    mapping = (
        ("index: {records: belege/beleg}\n" if name.endswith("xml") else "index: {records: belege}\n")
        + "file: datei\ncase_file: {reference: ziel/akte}\n"
        + (f'document: {{title: art, kind: {{value: internal}}, external_id: "{number}"}}\n')
    )
    night = Night(city, tmp_path / "lohn", mapping)
    reference = night.case_file()["reference"].encode()
    night.put(name, content.replace(b"{0}", reference).replace(b"{{", b"{").replace(b"}}", b"}"))
    night.put("a.pdf")

    night.drop().look()

    assert [(d.title, d.external_id) for d in night.documents()] == [("Größe", "b-1")]
    assert night.nothing_is_left()


def test_the_example_of_the_documentation_does_what_it_says(city: City, tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("docs", "drops.md").read_text("utf-8")
    mapping, index = (text.split(f"```{kind}\n")[1].split("```")[0] for kind in ("yaml", "csv"))
    night = Night(city, tmp_path / "lohn", mapping)
    night.put("belege.csv", index)
    for number in (1, 2, 3):
        night.put(f"000{number}.pdf", SLIP + b"%d" % number)

    night.drop().look()

    items = told(city.client("km-personal").get(f"{API}/case-files"))["items"]
    assert {item["title"] for item in items} == {"Größmann, Jörg", "Öl, Otto"}
    assert [(d.title, str(d.document_date), d.section) for d in night.documents()] == [
        ("Entgeltabrechnung", "2026-10-31", "Bezüge"),
        ("Entgeltabrechnung", "2026-10-31", "Bezüge"),
        ("Lohnsteuerbescheinigung", "2026-12-31", "Bezüge"),
    ]
    assert night.nothing_is_left()


def test_missing_case_files_are_opened_where_the_mapping_says_so(city: City, tmp_path: Path) -> None:
    rows = "Datei;PersNr;Name;Geboren;Art\na.pdf;4713;Änne Ärmel;12.04.1981;A\nb.pdf;4713;Änne Ärmel;;B\n"
    night = Night(city, tmp_path / "lohn", MAPPING_OF_PAY + OPENING)
    night.put("a.pdf")
    night.put("b.pdf", SLIP + b" b")
    night.put("lohn.csv", rows)

    night.drop().look()

    (case_file,) = told(city.client("km-personal").get(f"{API}/case-files"))["items"]
    assert (case_file["title"], case_file["fields"]) == ("Änne Ärmel", {"personnel_no": "4713"})
    (party,) = told(city.client("km-personal").get(f"{API}/case-files/{case_file['id']}/parties"))["items"]
    assert (party["name"], party["birth_date"]) == ("Änne Ärmel", "1981-04-12")
    assert {str(document.case_file_id) for document in night.documents()} == {case_file["id"]}
    assert len(night.documents()) == 2


def test_what_is_wrong_with_a_row_stops_no_other_and_is_told_beside_its_file(night: Night) -> None:
    own, fremd = (
        night.case_file(),
        told(night.city.client("otto").post(f"{API}/case-files", json={"filing_plan": "50.10", "title": "Fall"}), 201),
    )
    reference = own["reference"]
    for name in ("gut", "fremd", "ohne", "tag", "leer", "register"):
        night.put(f"{name}.pdf", SLIP + name.encode() if name != "leer" else b"")
    rows = [
        f"gut.pdf;{reference};;Gut;;;",
        f"fremd.pdf;{fremd['reference']};;;;;",
        "ohne.pdf;;;;;;",
        f"tag.pdf;{reference};;;31/13/26;;",
        f"leer.pdf;{reference};;;;;",
        f"register.pdf;{reference};;;;Krankheit;",
        f"fehlt.pdf;{reference};;;;;",
        f"../drop.yaml;{reference};;;;;",
        f"drop.yaml;{reference};;;;;",
        f"gut.pdf;{reference};;;;;;;zuviel",
        ";x;;;;;",
        "=1+1;x;;;;;",
    ]
    night.put("lohn.csv", HEAD + "\n".join(rows))
    dropping = night.drop(patience_s=0)

    dropping.look()

    assert [d.title for d in night.documents()] == ["Gut"]
    report = {row["Datei"] or row["Zeile"]: row for row in night.report(REFUSED)}
    told_of = {name: row["Grund"] for name, row in report.items()}
    assert report["gut.pdf"]["Ergebnis"] == "abgelegt"
    assert told_of["fremd.pdf"] == f"Eine Akte „{fremd['reference']}“ gibt es für dieses Fachverfahren nicht."
    assert "nennt keine Akte" in told_of["ohne.pdf"]
    assert "31/13/26" in told_of["tag.pdf"]
    assert "leer" in told_of["leer.pdf"]
    assert "section" in told_of["register.pdf"]
    assert told_of["fehlt.pdf"] == "Die Datei fehlt."
    assert "kein einfacher Dateiname" in told_of["9"]
    assert "selbst eine Indexdatei" in told_of["10"]
    assert "mehr Werte" in told_of["11"]
    assert "keine Datei" in told_of["12"]
    assert "'=1+1" in report, "a spreadsheet takes no name for a formula"
    assert (dropping.refused, night.lying()) == (11, [])
    refused = ["fremd", "ohne", "tag", "leer", "register"]
    assert night.in_place(REFUSED) == sorted([REPORT, "lohn.csv", *(f"{name}.pdf" for name in refused)])
    assert night.in_place(DONE) == sorted([REPORT, "gut.pdf"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("x.csv", "", "keine Zeile", id="empty"),
        pytest.param("x.csv", "File;Akte\na.pdf;1", "keine Spalte „Datei“", id="other columns"),
        pytest.param("x.csv", "Datei;Datei\na.pdf;1", "zweimal", id="doubled column"),
        pytest.param("x.csv", 'Datei;Akte\n"a.pdf;1', "kein lesbares CSV", id="open quote"),
        pytest.param("x.csv", "Datei;Akte\nGröße.pdf;1".encode("cp1252"), "kein Text in utf-8", id="encoding"),
        pytest.param("x.xml", "<a><b>", "kein lesbares XML", id="xml"),
        pytest.param("x.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a><b/></a>', "DOCTYPE", id="entities"),
        pytest.param("x.json", "[1]", "keine Liste von Objekten", id="json"),
    ],
)
def test_an_index_that_cannot_be_read_is_refused_and_its_files_stay(
    night: Night, name: str, content: bytes | str, reason: str
) -> None:
    night.put("a.pdf")
    night.put(name, content)

    night.drop().look()

    assert reason in night.report(REFUSED)[0]["Grund"]
    assert night.lying() == ["a.pdf"]


def test_the_same_delivery_twice_is_one_and_other_bytes_under_its_number_are_refused(night: Night) -> None:
    reference = night.case_file()["reference"]
    for content in (SLIP, SLIP, SLIP + b" anders"):
        night.put("a.pdf", content)
        night.put("b.pdf")
        night.put("lohn.csv", f"{HEAD}a.pdf;{reference};;;;;b-1\nb.pdf;{reference};;;;;\n")
        night.drop().look()

    assert len(night.documents()) == 2, "one by its number, one by its content"
    assert "2 war schon da" in night.lines[1]
    assert [row["Ergebnis"] for row in night.report(REFUSED)] == ["abgelehnt", "war schon da"]
    assert "anderem Inhalt" in night.report(REFUSED)[0]["Grund"]


def test_an_index_waits_for_its_files_whichever_comes_first(night: Night) -> None:
    reference = night.case_file()["reference"]
    night.put("lohn.csv", f"{HEAD}a.pdf;{reference};;;;;\nb.pdf;{reference};;;;;\n")
    night.put("fremd.pdf")
    dropping = night.drop(settle_s=5)

    def look_at(moment: float) -> int:
        night.now = moment
        dropping.look()
        return len(night.documents())

    assert look_at(0) == look_at(6) == 0
    assert "fehlen noch 2, etwa „a.pdf“" in dropping.troubles[night.root / "lohn.csv"]
    night.put("a.pdf")
    with night.put("b.pdf", b"").open("ab") as writing:
        assert look_at(20) == look_at(26) == 0
        writing.write(SLIP + b" b")
        writing.flush()
        assert look_at(27) == look_at(40) == 0, "still open"
    assert look_at(41) == 2
    assert night.lying() == ["fremd.pdf"]
    assert "noch keine Indexdatei" in dropping.troubles[night.root / "fremd.pdf"]


def test_what_is_durable_can_be_deleted(night: Night) -> None:
    reference = night.case_file()["reference"]
    night.put("a.pdf")
    night.put("b.pdf", b"")
    night.put("lohn.csv", f"{HEAD}a.pdf;{reference};;;;;\nb.pdf;{reference};;;;;\n")

    night.drop(delete=True).look()

    assert (night.in_place(DONE), night.in_place(REFUSED)) == ([], sorted([REPORT, "b.pdf", "lohn.csv"]))


def test_records_that_are_away_leave_a_taken_index_for_later(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = night.case_file()["reference"]
    night.put("a.pdf")
    night.put("lohn.csv", f"{HEAD}a.pdf;{reference};;;;;\n")
    dropping = night.drop()
    with monkeypatch.context() as away:
        away.setattr("eakte.documents.attach_document", _unavailable)
        dropping.look()
    assert (len(night.in_place(TAKEN)), night.in_place(REFUSED)) == (2, [])

    dropping.look()

    assert len(night.documents()) == 1
    assert night.nothing_is_left()


def _unavailable(*_: object, **__: object) -> None:
    raise Unavailable("Die Datenbank antwortet nicht.")


def test_a_mapping_is_refused_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "drop.yaml"
    path.write_text("file: Datei\ndocument:\n  titel: Art\nindex: {encoding: klingonisch, delimiter: ';;'}\n", "utf-8")

    with pytest.raises(Invalid) as refusal:
        read_mapping(path)

    details = " ".join(field.detail for field in refusal.value.fields)
    assert "Zeile 3: „titel“ ist hier nicht bekannt; möglich sind title, kind" in details
    assert "Zeile 4" in details


def test_only_specialist_systems_drop(night: Night) -> None:
    dropping = night.drop()
    dropping.system = "anna"
    with pytest.raises(NotPermitted, match="kein Fachverfahren"):
        dropping.check_system()


def test_once_takes_what_lies_there_without_waiting_for_more(night: Night) -> None:
    reference = night.case_file()["reference"]
    night.put("a.pdf")
    night.put("lohn.csv", f"file;reference;title;kind\na.pdf;{reference};Brief;Eingang\n")

    rounds = Rounds(once=True, interval_s=1, settle_s=0.01, stopping=night.drop().stopping, say=night.lines.append)

    in_order = drop(
        night.city.service, night.root, rounds, DropMapping(), system="km-personal", delete=False, patience_s=60
    )

    assert in_order, night.lines
    assert [(d.title, d.kind) for d in night.documents()] == [("Brief", "incoming")]
