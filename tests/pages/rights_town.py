"""The town with more people and rules: an officer, an administrator, emergency access, four eyes, levels."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from textwrap import dedent

from api.service import Service
from eakte import deputies, granting, sign_in
from eakte.access_tables import Deputyship
from eakte.apply import apply_organisation
from eakte.deputies import DeputyWish
from eakte.granting import GrantWish
from eakte.nodes import Node
from eakte.subjects import SubjectWish
from tests.pages.town import ORGANISATION, actor_of

MORE_PEOPLE = """
  - {id: dora, name: Dora Datenschütz, email: dora@example.org, roles: [dpo]}
  - {id: ada, name: Ada Admin, email: ada@example.org, roles: [admin]}
  - {id: käthe, name: Käthe Größmann, email: kaethe@example.org, units: [SO-EH]}
  - {id: lutz, name: Lutz Läufer, email: lutz@example.org, units: [SO-EH, ORD], roles: [registry@SO]}
"""


def organisation() -> str:
    """The town's, with more people; social services allow emergency access, housing benefit asks for four eyes."""
    told = dedent(ORGANISATION)
    told = told.replace("systems:", MORE_PEOPLE.lstrip("\n") + "systems:")
    told = told.replace("units: [SO-EH]}\n", "units: [SO-EH], ceiling: vertraulich}\n", 1)
    told = told.replace("retention_years: 10\n", "retention_years: 10\n        break_glass: true\n")
    return told.replace("retention_years: 6}", "retention_years: 6, four_eyes: [share]}")


def arrange(service: Service) -> dict[str, str]:
    """Apply it; returns the session cookies of the people it adds."""
    with service.database.writing() as session:
        apply_organisation(
            session,
            service.blobs,
            source=organisation(),
            folder=Path(service.settings.data_dir),
            actor_id="admin",
            dry_run=False,
        )
        return {
            name: sign_in.issue_token(session, name, lifetime=timedelta(days=1), browser=True)[0]
            for name in ("dora", "ada", "käthe", "lutz")
        }


def give(service: Service, giver: str, node: Node, to: SubjectWish, *rights: str, reason: str = "") -> None:
    """Grant something through the domain."""
    actor = actor_of(service, giver)
    with service.database.writing() as session:
        granting.give(session, actor, node, GrantWish(rights, to, reason=reason))


def shield(service: Service, giver: str, node: Node) -> None:
    """Shield something through the domain."""
    actor = actor_of(service, giver)
    with service.database.writing() as session:
        granting.shield(session, actor, node)


def stand_in(service: Service, person: str, for_person: str) -> Deputyship:
    """Let somebody represent another person."""
    actor = actor_of(service, for_person)
    with service.database.writing() as session:
        return deputies.name_deputy(session, actor, DeputyWish(person, for_person, reason="Urlaub"))
