"""A hundred and more words of city letters: what comes apart, and what must not."""

from __future__ import annotations

import pytest

from eakte.fulltext.compounds import split
from eakte.fulltext.words import fold

COMPOUNDS = """
Sondernutzungserlaubnis: nutzung erlaubnis | Gesamtbetrag: betrag | Personalakte: personal akte
Ratenzahlungsvereinbarung: zahlung vereinbarung ratenzahlung | Wohngeldbescheid: geld bescheid wohngeld
Baugenehmigungsverfahren: bau genehmigung verfahren baugenehmigung | Gewerbeanmeldung: gewerbe anmeldung
Hundesteuerbescheid: hund steuer bescheid hundesteuer | Grundsteuermessbetrag: steuer betrag grundsteuer
Kindertagesstätte: kind staette | Kindergartenplatz: kindergarten platz | Führerscheinstelle: fuehrerschein stelle
Straßenverkehrsbehörde: behoerde | Einwohnermeldeamt: einwohner amt meldeamt | Standesamt: amt
Sozialamtsleiter: amt leiter sozialamt | Eingliederungshilfe: eingliederung hilfe
Bezügemitteilung: bezug mitteilung | Krankenversicherungsbeitrag: beitrag krankenversicherung
Dienstaufsichtsbeschwerde: beschwerde aufsicht | Widerspruchsbescheid: widerspruch bescheid
Akteneinsichtsrecht: akteneinsicht recht | Bebauungsplan: plan | Aufenthaltserlaubnis: aufenthalt erlaubnis
Schwerbehindertenausweis: ausweis | Flächennutzungsplan: plan nutzung
Grundstückskaufvertrag: grundstueck kauf vertrag | Abwassergebührenbescheid: abwasser bescheid
Müllabfuhr: muell abfuhr | Stadtratssitzung: stadtrat rat sitzung | Haushaltsplan: plan | Verwaltungsgebühr: gebuehr
Mietvertrag: vertrag | Fristverlängerung: frist verlaengerung | Einzugsermächtigung: ermaechtigung
Lastschriftmandat: lastschrift mandat | Heizkostenabrechnung: heizkosten abrechnung
Unterhaltsvorschuss: unterhalt vorschuss | Elterngeldantrag: elterngeld antrag | Baumschutzsatzung: baum satzung
Denkmalschutzbehörde: denkmal behoerde | Brandschutznachweis: brandschutz nachweis
Stellplatzablöse: stellplatz abloese | Anwohnerparkausweis: anwohner ausweis parkausweis
Bußgeldbescheid: bussgeld bescheid | Zwangsgeldandrohung: zwangsgeld androhung
Vollstreckungsankündigung: ankuendigung | Gewerbeuntersagung: gewerbe untersagung
Gaststättenerlaubnis: gaststaette erlaubnis | Lebensmittelüberwachung: lebensmittel ueberwachung
Reisepass: reise pass | Infektionsschutzgesetz: infektion gesetz | Waffenbesitzkarte: waffe karte
Jagdschein: jagd schein | Sterbeurkunde: urkunde | Geburtsurkunde: geburt urkunde | Eheschließung: ehe schliessung
Namensänderung: name aenderung | Bauamt: bau amt | Einbürgerungsantrag: einbuergerung antrag
Reisekostenabrechnung: reisekosten abrechnung | Urlaubsantrag: urlaub antrag | Arbeitsvertrag: arbeit vertrag
Gehaltsabrechnung: gehalt abrechnung | Entgeltfortzahlung: entgelt fortzahlung | Rechtsbehelfsbelehrung: belehrung
Jugendamt: jugend amt | Sitzungsprotokolle: sitzung protokoll | Kostenvoranschläge: voranschlag
Sammelanträge: antrag | Kinderbetreuungskosten: kind betreuung kosten kinderbetreuung
Straßenausbaubeitrag: ausbau beitrag | Quarzsandbescheid: bescheid
Zirkusstandplatzgenehmigung: zirkus platz genehmigung | Mietzuschuss: zuschuss | Pflegegeldantrag: pflegegeld antrag
Schulbescheinigung: bescheinigung | Steuererstattung: steuer erstattung
"""

WHOLE = """
Verantwortung Gestaltung Beamter Kontrolle Montage Urlaub Transport Beratung Heirat Vertrag Auftrag Antrag Personal
Kapital Material Dezernat Referat Formular Register Ministerium Sekretariat Vorstand Kandidat Literatur Apparat Minister
Monitor Testament Parlament Instrument Dokument Temperatur Reparatur Gegenwart Nachbarschaft Gesellschaft Mannschaft
Bekanntschaft Eigenschaft Wissenschaft Möglichkeit Feststellung Beteiligung Vereinbarung Wanderung Handlung Siedlung
Nachteil Urteil Vorurteil Organisation Kommunikation Information Generation Restaurant Praktikant Lieferant Bergung
Landung Ordnung Fundament Kulisse Diktatur Signatur Tastatur Wirtschaft Botschaft Herrschaft Erbschaft Bürgschaft
Ratingen Ortenau unbedingt insbesondere unverzüglich gegebenenfalls selbstverständlich mindestens einschließlich
Anordnung Androhung Bewilligung Rückzahlung Überweisung Unterschrift Vollmacht Gegenstand Rathaus Grundstück
mangelhaft zweifelhaft wohnhaft dauerhaft ehemals Freitag
"""


@pytest.mark.parametrize("line", [line.strip() for line in COMPOUNDS.replace("\n", "|").split("|") if line.strip()])
def test_a_compound_is_found_by_its_parts(line: str) -> None:
    word, parts = line.split(": ")
    assert set(parts.split()) <= set(split(fold(word)))


@pytest.mark.parametrize("word", WHOLE.split())
def test_a_word_that_is_no_compound_stays_whole(word: str) -> None:
    assert split(fold(word)) == ()


def test_no_office_hides_in_an_amount() -> None:
    assert "amt" not in split("gesamtbetrag")
    assert "amt" in split("gesundheitsamt")
