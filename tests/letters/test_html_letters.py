"""HTML templates: what they may do, and how they are told what is wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from eakte.errors import Invalid
from ocr.press.letter_press import HTML, LocalLetterPress
from tests.letters.builders import EMPTY_VALUES, VALUES, ink, opened, shown, text_of

RED_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="red"/></svg>'
)


def rendered(folder: Path, template: str, values: dict[str, object] | None = None, **press: object) -> Path:
    path, target = folder / "template.html", folder / "letter.pdf"
    path.write_text(template, encoding="utf-8")
    assert press.keys() <= {"asset_folders"}
    machine = LocalLetterPress(**press)  # type: ignore[arg-type]
    machine.render(path, HTML, VALUES if values is None else values, target)
    return target


def printed(folder: Path, template: str, values: dict[str, object] | None = None) -> str:
    return text_of(rendered(folder, template, values)).strip()


# -- what a template may do --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ akte.zeichen }}", "50.10/2026/00042"),
        ("{{ felder.personnel_no }}", "4711"),
        ("{{ felder['personnel_no'] }}", "4711"),
        ("{% for p in beteiligte %}{{ p.geburtsdatum|langes_datum }}{% endfor %}", "1. März 2017"),
        ("{{ akte is defined }} {{ akte.zeichen == '1' }} {{ beteiligte|length }}", "ja nein 1"),
        ("{{ daten.frist|langes_datum }}", "11. Dezember 2026"),
        ("{{ 'sofort'|langes_datum }}", "sofort"),
        ("{{ daten.anlage|default('keine') }}", "keine"),
        ("{% if daten.anlage is defined %}ja{% else %}nein{% endif %}", "nein"),
        ("{{ empfaenger.anschrift|join(' / ') }}", "Frau / Erika Mustermann / Lindenweg 12 / 12345 Musterstadt"),
        ("{% for name, wert in felder.items() %}{{ name }}={{ wert }}{% endfor %}", "personnel_no=4711"),
    ],
)  # fmt: skip
def test_a_template_prints_its_values(tmp_path: Path, template: str, expected: str) -> None:
    assert printed(tmp_path, template) == expected


def test_an_empty_value_prints_nothing(tmp_path: Path) -> None:
    assert printed(tmp_path, "[{{ empfaenger }}]", EMPTY_VALUES) == "[]"


@pytest.mark.parametrize("name", ["items", "copy", "keys", "get", "pop", "name"])
def test_a_field_may_be_called_like_a_method(tmp_path: Path, name: str) -> None:
    assert printed(tmp_path, "{{ felder." + name + " }}", {"felder": {name: "Wert"}}) == "Wert"


def test_a_template_uses_what_lies_beside_it_and_what_is_shipped(tmp_path: Path) -> None:
    (tmp_path / "wappen.svg").write_text(RED_SVG)
    (tmp_path / "gruss.html").write_text("Mit besten Grüßen")
    template = """{% extends "layout.html" %}{% block text %}<img src="wappen.svg" style="width:50mm">
        {% include "gruss.html" %}{% endblock %}"""

    target = rendered(tmp_path, template)

    assert "Mit besten Grüßen" in text_of(target)
    assert ink(shown(target), left_mm=30, top_mm=120, right_mm=70, bottom_mm=140).all()


def test_a_template_that_lies_alone_uses_the_folders_of_its_installation(tmp_path: Path) -> None:
    assets, stored = tmp_path / "assets", tmp_path / "stored"
    (assets / "bilder").mkdir(parents=True)
    stored.mkdir()
    (assets / "bilder" / "wappen.svg").write_text(RED_SVG)

    target = rendered(stored, '<img src="bilder/wappen.svg" style="width:50mm">', asset_folders=[assets])

    assert ink(shown(target), left_mm=28, top_mm=30, right_mm=65, bottom_mm=60).all()


def test_pictures_may_stand_in_the_template_itself(tmp_path: Path) -> None:
    picture = RED_SVG.replace('"', "%22")

    target = rendered(tmp_path, f"<img style='width:50mm' src='data:image/svg+xml,{picture}'>")

    assert ink(shown(target), left_mm=28, top_mm=30, right_mm=65, bottom_mm=60).all()


def test_pages_are_counted(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text("a<p style='break-before:page'>b<p style='break-before:page'>c")

    assert LocalLetterPress().render(tmp_path / "t.html", HTML, {}, tmp_path / "t.pdf") == 3
    with opened(tmp_path / "t.pdf") as document:
        assert len(document) == 3


# -- what is wrong with it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        pytest.param("\n\n{{ akte.zeichn }}", "Zeile 3 .*„akte.zeichn“ ist nicht da", id="misspelt value"),
        pytest.param("{{ aktte.zeichen }}", "Zeile 1 .*„aktte“ ist nicht da", id="misspelt name"),
        pytest.param("\n{{ daten.a.b }}", "Zeile 2 .*„daten.a“ ist nicht da", id="within a missing value"),
        pytest.param("{% if daten.fristt %}x{% endif %}", "Zeile 1 .*„daten.fristt“", id="in a condition"),
        pytest.param("{% for x in daten.liste %}x{% endfor %}", "Zeile 1 .*„daten.liste“", id="in a loop"),
        pytest.param("a\n{% if %}", "Zeile 2 .*nicht lesbar", id="broken statement"),
        pytest.param("\n{% for x in beteiligte %}", "Zeile 2 .*nicht lesbar", id="unclosed loop"),
        pytest.param("{{ datum|gross }}", "Zeile 1 .*gross", id="unknown filter"),
        pytest.param("\n{{ beteiligte }}", "Zeile 2 .*Liste", id="a list instead of a value"),
        pytest.param("\n{{ akte }}", "Zeile 2 .*Liste", id="everything instead of a value"),
        pytest.param("\n{{ akte.copy }}", "Zeile 2 .*Befehl", id="a method instead of a value"),
        pytest.param("\n{{ 1 / 0 }}", "Zeile 2 .*division by zero", id="impossible sum"),
        pytest.param("\n{{ datum + 1 }}", "Zeile 2 ", id="wrong kinds"),
        pytest.param("{% include 'fehlt.html' %}", "Zeile 1 .*„fehlt.html“", id="missing part"),
        pytest.param(
            "{% extends 'layout.html' %}\n{% block text %}{{ nix }}{% endblock %}", "Zeile 2 .*nix", id="block"
        ),
    ],
)
def test_a_wrong_template_is_refused_naming_line_and_value(tmp_path: Path, template: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        rendered(tmp_path, template)

    assert not (tmp_path / "letter.pdf").exists()


def test_a_value_of_somebody_who_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"Zeile 1 .*„name“ ist nicht da, denn schon das davor ist leer"):
        rendered(tmp_path, "{{ empfaenger.name }}", EMPTY_VALUES)


def test_a_mistake_in_an_included_part_names_the_part(tmp_path: Path) -> None:
    (tmp_path / "teil.html").write_text("\n\n{{ nix }}")

    with pytest.raises(Invalid, match=r"„teil\.html“ der Vorlage ist in Zeile 3 .*„nix“"):
        rendered(tmp_path, "{% include 'teil.html' %}")


def test_a_template_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_bytes("Grüße".encode("latin-1"))

    with pytest.raises(Invalid, match="UTF-8"):
        LocalLetterPress().render(tmp_path / "t.html", HTML, {}, tmp_path / "t.pdf")


def test_a_loop_that_got_out_of_hand_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="länger als jeder Brief"):
        rendered(tmp_path, "{% for i in range(99999) %}{% for j in range(99999) %}Wort {% endfor %}{% endfor %}")


def test_an_unknown_kind_of_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="text/plain"):
        LocalLetterPress().render(tmp_path / "t.txt", "text/plain", {}, tmp_path / "t.pdf")


def test_only_plain_values_reach_a_template(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"Path in akte\.pfad"):
        rendered(tmp_path, "x", {"akte": {"pfad": tmp_path}})


# -- what it must not do -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ akte.__class__ }}",
        "{{ akte['__class__'] }}",
        "{{ akte|attr('__class__') }}",
        "{{ akte._path }}",
        "{{ '{0.__class__}'.format(akte) }}",
        "{{ ('{0.__cla' ~ 'ss__}').format(akte) }}",
        "{{ '{a.__class__}'.format_map({'a': akte}) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self._TemplateReference__context }}",
        "{{ lipsum.__globals__ }}",
        "{{ akte.update({'zeichen': 1}) }}",
        "{{ beteiligte.append(1) }}",
        "{{ beteiligte|map(attribute='__class__')|list }}",
        "{% import 'os' as os %}",
        "{% include '/etc/passwd' %}",
        "{% include '../../../../etc/passwd' %}",
        "{% extends '/etc/hostname.html' %}",
        "{{ get_flashed_messages.__globals__ }}",
    ],
)
def test_a_template_cannot_leave_its_values(tmp_path: Path, template: str) -> None:
    with pytest.raises(Invalid, match="Zeile 1"):
        rendered(tmp_path, template)


@pytest.mark.parametrize(
    "template",
    [
        "<img src='{}'>",
        "<link rel='stylesheet' href='{}'>",
        "<link rel='attachment' href='{}'>",
        "<a rel='attachment' href='{}'>x</a>",
        "<style>@import '{}';</style>",
        "<style>@font-face{{font-family:f;src:url({})}}</style><p style='font-family:f'>x",
        "<p style='background:url({})'>x",
        "<style>p::before{{content:url({})}}</style><p>x",
        "<ul style='list-style-image:url({})'><li>x</ul>",
        "<object data='{}'>x</object>",
        "<embed src='{}'>",
        "<svg width='99' height='99'><image href='{}' width='9' height='9'/></svg>",
    ],
)
@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "/etc/passwd", "../../../../../etc/passwd", "http://127.0.0.1:9/x"]
)
def test_a_template_reads_no_foreign_file_and_no_network(tmp_path: Path, template: str, address: str) -> None:
    with pytest.raises(Invalid, match="Erlaubt sind nur"):
        rendered(tmp_path, template.format(address))

    assert not (tmp_path / "letter.pdf").exists()


def test_a_broken_picture_in_the_template_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="data:"):
        rendered(tmp_path, "<img src='data:nonsense'>")


def test_a_value_cannot_fetch_either_even_where_the_template_trusts_it(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="file:///etc/passwd"):
        rendered(tmp_path, "{{ daten.text|safe }}", {"daten": {"text": "<img src='file:///etc/passwd'>"}})


@pytest.mark.parametrize("name", ["secret", "secret.txt", ".env", "secret.pdf"])
def test_what_lies_beside_a_template_and_is_no_asset_stays_closed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("geheim")

    with pytest.raises(Invalid):
        rendered(tmp_path, f"<link rel='attachment' href='{name}'>")
    with pytest.raises(Invalid):
        rendered(tmp_path, f"{{% include '{name}' %}}")


def test_a_symbolic_link_does_not_lead_outside(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (tmp_path / "outside.svg").write_text(RED_SVG)
    (beside / "picture.svg").symlink_to(tmp_path / "outside.svg")

    with pytest.raises(Invalid, match=r"picture\.svg"):
        rendered(beside, "<img src='picture.svg'>")


def test_nothing_knocks_at_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        with pytest.raises(Invalid):
            rendered(tmp_path, f"<base href='http://127.0.0.1:{port}/'><img src='x.png'>")
        with pytest.raises(TimeoutError):
            server.accept()
