"""What is written about the project agrees with the project."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from api.command_line import app
from eakte.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
DECISIONS = sorted((PROJECT / "docs" / "decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = {link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link}

    assert {target for target in targets if target and not (page.parent / target).exists()} == set()


def variables(settings: type[BaseModel], prefix: str) -> Iterator[str]:
    """The names of all environment variables that settings can be given by."""
    for name, field in settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from variables(kind, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(EAKTE_\w+)`", text, re.MULTILINE)) == set(variables(Settings, "EAKTE_"))


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for page in PAGES:
        for named in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert named in targets, f"{page.name} names make {named}"


def test_commands_that_are_named_exist_and_every_one_is_documented() -> None:
    commands = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback and not command.hidden
    }
    commands |= {group.name for group in app.registered_groups if group.name}
    named = {
        word for page in PAGES for word in re.findall(r"(?:`|bin/)eakte ([a-z-]+)", page.read_text(encoding="utf-8"))
    }

    assert named == commands


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_each_decision_has_its_four_parts_and_stands_in_the_list(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]
    assert f"({page.name})" in (page.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def publiccode() -> dict[str, Any]:
    return dict(yaml.safe_load((PROJECT / "publiccode.yml").read_text(encoding="utf-8")))


def test_publiccode_has_what_the_standard_asks_for(publiccode: dict[str, Any]) -> None:
    """Source: publiccode.yml core standard 0.7.0, mandatory keys and lengths."""
    assert {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"} <= set(publiccode)
    assert publiccode["maintenance"]["type"] == "none" or publiccode["maintenance"]["contacts"]
    assert set(publiccode["localisation"]) == {"localisationReady", "availableLanguages"}
    assert set(publiccode["description"]) == {"de", "en"}
    for text in publiccode["description"].values():
        assert 0 < len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert text["features"]


def test_publiccode_and_package_say_the_same(publiccode: dict[str, Any]) -> None:
    package = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert publiccode["legal"]["license"] == package["license"] == "EUPL-1.2"
    assert publiccode["softwareVersion"] == package["version"]
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (PROJECT / "LICENSE").read_text(encoding="utf-8")
