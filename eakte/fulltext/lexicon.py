"""Words that German compounds of public administration are made of; our own list.

One word is written in its singular; forms that are not regular follow after strokes (`amt/ämter`).
To add a word: put it where it belongs, run the tests in `tests/fulltext/test_compounds.py`, and look at
what `split` now makes of words you know. Words of fewer than five letters need most care: they hide
inside others (`tor` in `Monitor`), so only those stand here that city letters really compound.
"""

from __future__ import annotations

HEADS = """
abfertigung abfuhr abgabe abholung abmeldung abnahme abrechnung abschrift absprache abstimmung abteilung
abwicklung akte amt/ämter änderung androhung anfertigung anfrage angehörigkeit angelegenheit anhörung
ankündigung anlage anlagen anmeldung anordnung anpassung anschrift anspruch/ansprüche anstalt antrag/anträge
antwort anweisung anzeige arbeit arbeiter aufforderung aufgabe auflage aufnahme aufsicht aufstellung
auftrag/aufträge aufwand/aufwände aufwendung ausbildung ausgabe ausgleich auskunft/auskünfte ausländer auslegung
ausschreibung ausschuss/ausschüsse ausstattung ausweis auswertung auszahlung auszug/auszüge
beamter/beamte/beamten beamtin bearbeitung beauftragter/beauftragte/beauftragten bebauung bedarf befreiung
befugnis begehren begleichung begleitung begründung begutachtung behandlung behörde beihilfe beirat/beiräte
beitrag/beiträge bekanntmachung belastung beleg belehrung bemessung benachrichtigung benennung beratung
berechnung berechtigung bereich bericht berichtigung berufung beschäftigung bescheid bescheidung bescheinigung
beschilderung beschluss/beschlüsse beschwerde beseitigung besichtigung bestätigung bestellung bestimmung
beteiligung betrag/beträge betreuer betreuung betrieb beurteilung bewertung bewilligung bezirk bezug/bezüge
bilanz bildung bogen/bögen bürger dezernat dienst eigentümer eingabe einkommen einladung einlegung einleitung
einnahme einrichtung einsicht einspruch/einsprüche einstellung eintragung einwendung einwilligung einwohner
empfänger entgelt entlassung entschädigung entscheidung entsorgung entwurf/entwürfe entziehung ergänzung
erhebung erhöhung erinnerung erklärung erlass/erlasse erlaubnis ermächtigung ermäßigung ermittlung erneuerung
eröffnung erstattung erteilung erweiterung erziehung fähigkeit fahrer feststellung finanzierung förderung
forderung formular fortzahlung frist führer führung fürsorge gebühr gehalt/gehälter geltung gemeinde genehmigung
gericht gesellschaft gesetz gestattung gesuch gewährung gewerbe grundlage gutachten haftung handlung hinweis
höhe inhaber kammer kasse kennzeichen klage klausel kommission kontrolle kosten kündigung kürzung leistung
leiter leitung lieferung liste löschung mahnung maßnahme mehrung meldung minderung mitteilung mitwirkung muster
nachweis niederlassung niederschrift notiz nutzung ordnung pauschale pflege pflicht planung protokoll prüfung
quittung rechnung rechtsbehelf reform regelung register registratur regulierung reinigung renovierung rente
rücknahme sache sanierung satzung schaden/schäden schätzung schein schreiben schuld schutz sicherung sitzung
sperre stätte stelle stellung stellungnahme steuer stiftung stundung tabelle tarif tätigkeit teilnahme träger
übernahme überprüfung übersicht übertragung überwachung überweisung überzahlung umlage umzug/umzüge unfähigkeit
unterbringung unterhalt unterlage unterricht untersagung unterschrift unterstützung untersuchung urkunde urteil
veranlagung veranstaltung verband/verbände verbescheidung verbot vereinbarung verfahren verfügung vergabe
vergleich vergütung verhältnis verhandlung verkauf/verkäufe verkehr verlängerung verlegung verleihung vermerk
vermessung vermietung vermittlung vermögen verordnung verpflichtung versagung versammlung versicherung
versorgung vertrag/verträge vertretung verwaltung verwarnung verwendung verzeichnis verzicht vollmacht
vollstreckung vollziehung voranschlag/voranschläge voraussetzung vorlage vorschlag/vorschläge vorschrift
vorschuss/vorschüsse wechsel weisung werkstatt/werkstätten widerruf widerspruch/widersprüche widrigkeit
wiedergabe wirtschaft wohnung zahlung zeugnis zulage zulassung zusage zuschlag/zuschläge zuschuss/zuschüsse
zuständigkeit zustellung zustimmung zuteilung zuweisung zuwendung zwang
"""
"""Words long and plain enough to be known at the end of a word whose beginning is unknown."""

WORDS = """
abbruch/abbrüche abfall/abfälle abgas abgeordneten abhilfe ablauf/abläufe ablehnung ableistung ablöse ablösung
absatz/absätze abschiebung abschlag/abschläge abschluss/abschlüsse absender absetzung absicht abstand/abstände
abtretung abwasser/abwässer abwehr abwesenheit abzug/abzüge acker adoption adresse akademie aktion alarm alkohol
alltag alter ambulanz analyse anbau anbieter anfall anfechtung anforderung angabe angebot
angehöriger/angehörige/angehörigen angemessenheit angestellter/angestellte/angestellten angriff anhang/anhänge
anhänger ankauf ankunft anleger anleitung anlieferung anlieger annahme anrechnung anreise anschlag/anschläge
anschluss/anschlüsse ansiedlung ansprechpartner anteil antragsteller antragstellerin anwalt/anwälte anwaltschaft
anwärter anwendung anwesenheit anwohner anzahl apotheke apparat arbeitgeber arbeitnehmer arbeitslosen
arbeitslosigkeit archiv armut artikel arznei arzt/ärzte asyl atlas attest aufbau aufbewahrung aufenthalt
aufgaben aufgebot aufhebung auflösung aufruf aufschub aufstieg aufzug/aufzüge augenblick ausbau ausdruck
ausfall/ausfälle ausflug ausfuhr ausführung ausfüllung ausgang/ausgänge aushang aushilfe auslage ausländerin
auslastung ausnahme ausreise ausrüstung aussage ausschank ausschlag ausschluss/ausschlüsse aussonderung
austausch austritt auswahl auswirkung auto automat bach/bäche bäckerei bad/bäder bahn balkon band
bank/banken/bänke bargeld barriere basis batterie bau/bauten bauer/bauern baum/bäume beamten bearbeiter
bedingung beeinträchtigung beerdigung befund begegnung beginn begräbnis begriff begünstigung behälter
behindertenausweis behinderung beispielhaft beistand/beistände bekanntschaft bekleidung belästigung bemühung
benutzer benutzung berater bereitschaft berg beruf besatzung beschaffung
beschäftigter/beschäftigte/beschäftigten beschränkung beschreibung besetzung besitz besitzer besoldung
bestand/bestände bestattung besteuerung besuch besucher beteiligter/beteiligte/beteiligten betreiber bett
bevollmächtigter bewachung bewährung bewegung beweis bewerber bewerbung bewirtschaftung bewohner bezeichnung
beziehung bibliothek bild/bilder biotop blatt/blätter blinden blut boden/böden boot botschaft brand/brände brief
bruch/brüche brücke bruder/brüder brunnen brutto buch/bücher bücherei buchung budget bühne bund/bünde bündnis
bürgschaft büro bus/busse campus chef computer container dach/dächer damm/dämme darlehen datei daten dauer
dauerhaft decke denkmal/denkmäler deponie detail deutsch diagnose dialog dieb diebstahl/diebstähle diplom
direktion direktor doktor dokument dokumentation dolmetscher dorf/dörfer drogen druck dünger durchführung
durchgang durchschnitt durchsuchung ebene effekt ehe ehegatte/ehegatten ehemals ehrenamt/ehrenämter ehrung
eidesstatt eigentum eignung einbau einbruch/einbrüche einbürgerung einfahrt einfluss/einflüsse einfriedung
einfuhr einführung eingang/eingänge eingliederung eingriff einheit einigung einkauf/einkäufe einkünfte einlass
einreise einsatz/einsätze einschätzung einschränkung einschreibe einschreiben einschulung eintritt einzahlung
einziehung einzug eis eisen elektrizität elektro element eltern emission energie entfall entfernung
entgegennahme entnahme entwässerung entwicklung erbe erbschaft erdgas ereignis erfahrung erfassung erfolg
erfüllung ergebnis erholung erkenntnis erkrankung erledigung ermessen ernährung ernennung ernsthaft ersatz
erschließung erschwernis ertrag/erträge erwachsenen erwerb erzeuger erzeugung erzieher etat europa evakuierung
existenz experte fabrik fach/fächer fahndung fahrlässigkeit fahrt fahrzeug faktor fall/fälle fälligkeit familie
farbe faser fassade fassung fehler fehlerhaft feier feld/felder fenster ferien fernseh fest feuer feuerwehr
feuerzeug figur filiale film finanz firma/firmen fisch fischerei fläche fleisch flotte flucht flüchtling
flug/flüge flugzeug fluss/flüsse folge fonds förderschule form forst fortbildung forum fraktion frau/frauen
freiheit freitag fremden frieden friedhof/friedhöfe fristen front frucht/früchte fund fundament fuß/füße
fußgänger futter gabe gang/gänge garage garantie garten/gärten gas gast/gäste gaststätte gebäude gebiet gebühren
geburt gefahr gefährder gefährdung gefahren gefängnis gefäß gegenstand/gegenstände gegenteil gegenwart geheimnis
gehölz gehör gehörlosen gehweg geist gelände geld/gelder gelegenheit gemeinschaft gemüse generation
genossenschaft gerät geruch/gerüche gesamtheit geschäft geschichte geschlecht geschwindigkeit geschwister
gesellschafter gespräch gestalt gestaltung gesundheit getränk getreide gewahrsam gewalt gewässer gewerkschaft
gewicht gewinn gewissenhaft gift giro glas gläubiger gleichfalls gleichwertigkeit gleis glück grab/gräber grad
gremium/gremien grenze größe grube grün grund/gründe grundriss grundsatz/grundsätze grundstück gründung gruppe
gut/güter güteverhandlung gymnasium/gymnasien haar hafen/häfen haft hagel halle halter haltung hand/hände handel
händler handwerk handwerker harn haus/häuser haushalt haut heft heil heilung heim heimat heirat heizung hektar
held helfer herd herkunft herr/herren herrschaft hersteller herstellung herz heu hilfe himmel hindernis
hinterbliebenen hinterlegung hitze hochzeit hof/höfe holz/hölzer honorar hort hospiz hotel hund hygiene
identität immission immobilie impfung import index indikator industrie infektion information ingenieur inkasso
inklusion insel insolvenz inspektion instandhaltung instandsetzung institut integration interesse internet
intervention invalidität inventar investition jagd jäger jahr jahrhundert jahrzehnt jubiläum/jubiläen jugend
jugendlichen jury justiz kabel kalender kamera kanal/kanäle kanalisation kandidat kante kanzlei kapazität
kapital kapitel karte kartei kassen kataster katastrophe kauf/käufe käufer kaution kautionen keller kenntnis
kenntnisnahme kern kerze kies kind/kinder kindschaft kino kiosk kirche kita kläger klär klasse klausur kleidung
klima klinik klub koch kohle kommando kommune kompetenz konferenz konflikt konkurs konsum kontakt konto/konten
konzept konzert konzession kopf/köpfe kopie körper korrektur kosmetik kraft/kräfte kranken krankhaft krankheit
krebs kredit kreis kreuz kreuzung krieg kriminalität krippe krise küche kultur kunde kunst/künste kur kurs kurve
küste labor laden/läden ladung lage lager lampe land/länder landschaft landwirt landwirtschaft länge lärm last
laub laufbahn leben lebenslauf/lebensläufe lebhaft leder lehm lehre lehrer lehrgang/lehrgänge lehrling leiche
leihe leine lenkung lesung licht lieferant liegenschaft linie literatur lizenz lohn/löhne lösung lotterie luft
macht mahnbescheid makler management mandat mangel/mängel mangelhaft mann/männer mannschaft marke markt/märkte
maß maschine masse maßstab/maßstäbe material maut medien medikament medizin meer mehrheit meinung meister mensch
merkblatt/merkblätter merkmal messe messer messung metall methode metzgerei miete mieter milch militär
minderheit minister ministerium/ministerien missbrauch mission mitarbeiter mitarbeiterin mitglied mitgliedschaft
mittag mitte mittel möbel mobil mobilität modell moment monat moor moral morgen moschee motor mühle müll mund
mündel museum/museen musik mutter/mütter mutterschaft nachbar/nachbarn nachbarschaft nachdruck nachfolge
nachfrage nachlass/nachlässe nachmittag nachricht nacht/nächte nachteil nachtrag/nachträge nachzahlung nahrung
name/namen namhaft nation natur netto netz neubau nieder niederlage niederschlag/niederschläge norm not/nöte
notar note noten notfalls notruf nummer nutzen nutzer obdach obdachlosen oberfläche objekt obst öffentlichkeit
öl ölquelle oper opfer orchester organ organisation original ort ortschaft oster pacht pächter paket panne
papier park parken parkett parlament partei partner partnerschaft pass/pässe patient patienten pause pendler
pension person personal pfand pfändung pferd pflaster pfleger photovoltaik physik pilot pilz plakat plan/pläne
platz/plätze police politik polizei portal portion post posten postkorb präsident prävention praxis/praxen preis
presse priester prinzip probe problem produkt produktion profil prognose programm projekt promotion
prostituierten prozent prozess psychiatrie publikum puls punkt putz qualifikation qualität quartal quartier
quelle quote rabatt rad/räder rahmen rampe rand/ränder rasse rat/räte rate raten rathaus/rathäuser ratte rauch
raum/räume räumung reaktion realschule recht recycling rede referat referenz regel regen regierung region reihe
reise reit reiten religion rentner reparatur reserve ressourcen rest rettung revision rezept richter richtlinie
richtung riegel ring risiko/risiken roh rohr roll rolle rost route routine rückstand/rückstände ruf ruhe
ruhestand rundfunk saal/säle sachverhalt sachverständiger/sachverständige/sachverständigen sack/säcke saison
salz sammler sammlung sand sanität sarg/särge satz/sätze schacht/schächte schadhaft schädling schadstoff schall
schalter schank schaufenster scheck scheidung schema schenkung schicht schiene schiff schild/schilder schimmel
schlacht schlag/schläge schlamm schlange schleuse schlichtung schließfach/schließfächer schließung
schloss/schlösser schluss/schlüsse schlüssel schmuck schmutz schnee schneider schornsteinfeger schotter
schrank/schränke schranke schrift schritt schrott schuh schulden schuldner schule schüler schulung
schuss/schüsse schwangerschaft schwerbehinderten schwester schwimm see/seen seele segel sehen seite sekretär
sekretariat sektor selbstständigen semester senat senioren serie service seuche sicherheit sicht siedlung siegel
signal silber sirene sitte situation sitz sockel sohn/söhne solar soldat sommer sonnen sonntag sorge spalt
speicher spende spenden sperrung spiel spielzeug spital sport sportler sprache spruch/sprüche spur staat
stab/stäbe stadt/städte staffel stahl stall/ställe stamm/stämme stand/stände standhaft starkregen station
statistik status statut stau staub steg stein sterbe sterblichkeit steuerung stich stil stimme
stipendium/stipendien stock stoff strafe strahlen strand/strände straße straßen strategie strecke streik streit
strom/ströme struktur stück student studenten studie studium stufe stuhl/stühle stunde sturm/stürme substanz
suche sucht system tabak tafel tag tagebuch/tagebücher tankstelle tanz/tänze tasche tat täter taxi technik
technologie teich teil telearbeit telefon temperatur teppich termin test text theater thema/themen therapie tier
tisch titel tochter/töchter tod toilette tonne topf/töpfe tor/tore tour tourismus tradition training traktor
transport treffen trennung treppe trink truppe turm/türme turnen turnhalle überfall/überfälle überführung
übergang/übergänge überlassung übermittlung überschuss/überschüsse überschwemmung übersetzer übersetzung
überstunde übung ufer uhr umbau umfang umfeld umgang umgebung umlauf umsatz/umsätze umsetzung umstand/umstände
umwelt umweltverträglichkeit unfall/unfälle ungeziefer union universität unkraut unrecht untätigkeit untergang
unterkunft/unterkünfte untermiete unternehmen unternehmer unterschied unterschlupf urlaub ursache vater/väter
vaterschaft vegetation verabschiedung verantwortung verarbeitung verbesserung verbindung verbrauch verbraucher
verbrechen verbrennung verdacht verdienst verein vereinigung verfasser verfassung verfolgung vergangenheit
vergehen vergnügung verhalten verhinderung verjährung verlag verlust vermieter vermisster vermutung vernehmung
vernichtung veröffentlichung verpackung verpflegung verrechnung verschmutzung verschulden versehrten versendung
versetzung versicherten versicherter verspätung verstoß/verstöße versuch verteidigung verteilung vertreter
vertrieb vertriebenen verwahrung verwalter verwaltungsakt verwandten verwandtschaft verwertung verzögerung
verzug video vieh viertel volk/völker volljährigkeit vollzug vorbehalt vorbereitung vorbescheid vorbild vordruck
vorfall/vorfälle vorgang/vorgänge vorhaben vorhang/vorhänge vorkauf vorladung vorlauf vormund vormundschaft
vorname/vornamen vorrang vorrat/vorräte vorruhestand vorsitz vorsitzender/vorsitzende/vorsitzenden vorsorge
vorstand/vorstände vorsteuer vorteil vorteilhaft vortrag/vorträge vorurteil vorverfahren wach wachs wachstum
waffe wagen wahl wähler wald/wälder wand/wände wandel wander wanze ware wärme warn warnung wasch wasser/wässer
weg weide weihnacht wein welle welt werbung werk werkzeug wert wesen wettbewerb wetter wiedervorlage wiese wild
wille wind winter wirkung wirt wissen wissenschaft witwe woche wochenende wohl wohlfahrt wohnhaft wort/wörter
wunsch/wünsche wurzel zahl zahn/zähne zaun/zäune zeichen zeichnung zeit zeitraum/zeiträume zeitung zelle zelt
zensus zentner zentrale zentrum/zentren zettel zeuge zeugen ziegel ziel ziffer zimmer zins zinsen zirkus
zoll/zölle zone zoo zubehör zubringer zufahrt zufluchts zufluss/zuflüsse zug/züge zugang/zugänge zugehen zukunft
zulieferer zusammenarbeit zusatz/zusätze zustand/zustände zutritt zuwanderung zuwegung zuzahlung zuzug zweck
zweifel zweifelhaft zweig zwischenfall
"""

BEGINNINGS = """
abend abonnements allein allgemein alt alters außen auslands back bade binnen bio breit brenn bundes buß dauer
dienst dreh dritt eigen eil einmal eintritts einwegs einzel elektronik end ergänzungs erst ess europa extra
extrem fach fahr fäll fern flach fließ frei fremd früh ganz gebrauchs gegen geh geheim gelb gemein gesamt gleich
groß grün grund gute halte haupt heiß heiz hell hilfs hoch impf inlands innen jung kalt kauf kern klein koch
kombi kommunal krank kurz landes lang lauf lebe leer leih leit lern lese linke mehr melde mess mindest miss
mitte mittel nah neben neu nord nutz ober öko online orts ost park pauschal pfleg privat probe prüf rein rest
rot rück ruf rund sammel saug schlaf schnell schreib schul schutz schwarz schwer selbst senioren sitz sofort
sonder sozial spar spät sperr spezial sprech spül standard standes steh stell stillleg straf streu such süd süß
tauf tausch teil tief trag treib trenn trocken umwelt verwaltungs voraus vorläufig wander warm wechsel weg weiß
weiter werbe wert west wohn zahl zähl zeig zentral zieh zivil zünd zurück zusatz zwangs zweit zwischen
"""
"""What begins a compound without being a word that is sought, or in a form of its own."""
