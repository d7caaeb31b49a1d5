"""Rights on filing plan entries, case files, their sections, proceedings and documents: the same calls on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import rights_views
from api.rest.rights_views import PREVIEW_ANSWER, Preview
from api.rest.schemas.grants import (
    ExclusionIn,
    ExclusionOut,
    ExclusionsOut,
    GrantIn,
    GrantOut,
    GrantsOut,
    ProposalOut,
    ProposalsOut,
    ShieldOut,
)
from eakte import four_eyes, granting, nodes, rights_preview
from eakte.access_tables import GrantCause, Right, RightsProposal
from eakte.granting import ExclusionWish
from eakte.nodes import Node

_PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {"model": ProposalOut, "description": "Four eyes: waits until a second person confirms"}
}


def _entry(code: str) -> Node:
    return nodes.entry(code)


def _entry_section(code: str, section: str) -> Node:
    return Node(nodes.NodeKind.ENTRY_SECTION, code, section)


def _case_file(case_file_id: UUID) -> Node:
    return nodes.case_file(case_file_id)


def _section(case_file_id: UUID, section: str) -> Node:
    return nodes.section(case_file_id, section)


def _proceeding(proceeding_id: UUID) -> Node:
    return nodes.proceeding(proceeding_id)


def _document(document_id: UUID) -> Node:
    return nodes.document(document_id)


def _routes(path: str, name: str, node_of: Callable[..., Node]) -> APIRouter:
    """All calls about rights on one kind of node.

    Args:
        path: Where such a node is.
        name: For the ids of the operations.
        node_of: The node from the parameters of its path.
    """
    router = APIRouter(prefix=path, tags=["Berechtigungen"])
    for add in (_grant_routes, _exclusion_routes, _shield_routes, _proposal_routes):
        add(router, name, Depends(node_of))
    return router


def _grant_routes(router: APIRouter, name: str, node_dep: Any) -> None:
    """Granting and revoking."""

    @router.get(
        "/grants",
        operation_id=f"list_grants_on_{name}",
        response_model=GrantsOut,
        responses=answers(403, 404),
        summary="Grants",
    )
    def list_grants(call: CallDep, node: Node = node_dep) -> Response:
        """List what somebody granted on the node itself; needs `share`."""
        return call.read(
            lambda session: Answer(
                GrantsOut(items=[rights_views.grant(row) for row in granting.grants_on(session, call.actor, node)])
            )
        )

    @router.post(
        "/grants",
        operation_id=f"grant_on_{name}",
        status_code=201,
        response_model=GrantOut,
        responses={**PREVIEW_ANSWER, **_PROPOSED, **answers(403, 404)},
        summary="Grant",
    )
    def grant(call: CallDep, body: GrantIn, node: Node = node_dep, preview: Preview = False) -> Response:
        """Grant on the node and everything below it; only what the caller has."""
        wish = rights_views.grant_wish(body)

        def act(session: Session) -> Answer:
            if preview:
                return _previewed(session, call, node, lambda: granting.give(session, call.actor, node, wish))
            given = four_eyes.give(session, call.actor, node, wish)
            if isinstance(given, RightsProposal):
                return Answer(rights_views.proposal(given), 202, about=(node.written,))
            return Answer(rights_views.grant(given), 201, about=(node.written,))

        return call.write(act, content=body.model_dump_json(by_alias=True))

    @router.delete(
        "/grants/{grant_id}",
        operation_id=f"revoke_on_{name}",
        status_code=204,
        responses={**PREVIEW_ANSWER, **answers(403, 404, 409)},
        summary="Revoke",
    )
    def revoke(call: CallDep, grant_id: UUID, node: Node = node_dep, preview: Preview = False) -> Response:
        """Revoke a grant, from the next request on."""
        return _change(call, node, lambda session: granting.revoke(session, call.actor, node, grant_id), preview)

    @router.delete(
        "/grants",
        operation_id=f"revoke_cause_on_{name}",
        status_code=204,
        responses={**PREVIEW_ANSWER, **answers(403, 404, 409)},
        summary="Revoke by cause",
    )
    def revoke_cause(call: CallDep, cause: GrantCause, node: Node = node_dep, preview: Preview = False) -> Response:
        """Revoke everything that was granted on the node for one cause."""
        return _change(call, node, lambda session: granting.revoke_cause(session, call.actor, node, cause), preview)


def _exclusion_routes(router: APIRouter, name: str, node_dep: Any) -> None:
    """Keeping people out."""

    @router.get(
        "/exclusions",
        operation_id=f"list_exclusions_on_{name}",
        response_model=ExclusionsOut,
        responses=answers(403, 404),
        summary="Exclusions",
    )
    def list_exclusions(call: CallDep, node: Node = node_dep) -> Response:
        """List who is kept out of the node; needs `share`."""

        def act(session: Session) -> Answer:
            rows = granting.exclusions_on(session, call.actor, node)
            return Answer(ExclusionsOut(items=[rights_views.exclusion(row) for row in rows]))

        return call.read(act)

    @router.post(
        "/exclusions",
        operation_id=f"exclude_from_{name}",
        status_code=201,
        response_model=ExclusionOut,
        responses={**PREVIEW_ANSWER, **answers(403, 404, 409)},
        summary="Exclude",
    )
    def exclude(call: CallDep, body: ExclusionIn, node: Node = node_dep, preview: Preview = False) -> Response:
        """Keep a person out of the node and everything below it, whatever else says otherwise."""
        wish = ExclusionWish(body.person, body.reason, body.valid_from, body.valid_until)

        def act(session: Session) -> Answer:
            if preview:
                return _previewed(session, call, node, lambda: granting.exclude(session, call.actor, node, wish))
            exclusion = granting.exclude(session, call.actor, node, wish)
            return Answer(rights_views.exclusion(exclusion), 201, about=(node.written,))

        return call.write(act, content=body.model_dump_json(by_alias=True))

    @router.delete(
        "/exclusions/{exclusion_id}",
        operation_id=f"lift_on_{name}",
        status_code=204,
        responses={**PREVIEW_ANSWER, **_PROPOSED, **answers(403, 404)},
        summary="Lift an exclusion",
    )
    def lift(call: CallDep, exclusion_id: UUID, node: Node = node_dep, preview: Preview = False) -> Response:
        """Lift an exclusion; for a party of the same name this says that it is somebody else."""

        def act(session: Session) -> Answer:
            if preview:
                return _previewed(session, call, node, lambda: granting.lift(session, call.actor, node, exclusion_id))
            return _proposed(four_eyes.lift(session, call.actor, node, exclusion_id), Answer(None, 204))

        return call.write(act)


def _shield_routes(router: APIRouter, name: str, node_dep: Any) -> None:
    """Inheriting nothing."""

    @router.get(
        "/shield",
        operation_id=f"read_shield_of_{name}",
        response_model=ShieldOut,
        responses=answers(403, 404),
        summary="Shield",
    )
    def read_shield(call: CallDep, node: Node = node_dep) -> Response:
        """Tell whether the node inherits nothing; needs `share`."""

        def act(session: Session) -> Answer:
            nodes.require(session, call.actor, node, Right.SHARE)
            return Answer(ShieldOut(shielded=granting.is_shielded(session, node)))

        return call.read(act)

    @router.put(
        "/shield",
        operation_id=f"shield_{name}",
        status_code=204,
        responses={**PREVIEW_ANSWER, **answers(403, 404, 409)},
        summary="Shield",
    )
    def shield(call: CallDep, node: Node = node_dep, preview: Preview = False) -> Response:
        """Let the node inherit nothing. If nobody else could manage rights here, the caller keeps theirs."""
        return _change(call, node, lambda session: granting.shield(session, call.actor, node), preview)

    @router.delete(
        "/shield",
        operation_id=f"unshield_{name}",
        status_code=204,
        responses={**PREVIEW_ANSWER, **_PROPOSED, **answers(403, 404)},
        summary="Lift the shield",
    )
    def unshield(call: CallDep, node: Node = node_dep, preview: Preview = False) -> Response:
        """Let the node inherit again."""

        def act(session: Session) -> Answer:
            if preview:
                return _previewed(session, call, node, lambda: granting.unshield(session, call.actor, node))
            return _proposed(four_eyes.unshield(session, call.actor, node), Answer(None, 204))

        return call.write(act)


def _proposal_routes(router: APIRouter, name: str, node_dep: Any) -> None:
    """What waits for a second person."""

    @router.get(
        "/proposals",
        operation_id=f"list_proposals_on_{name}",
        response_model=ProposalsOut,
        responses=answers(403, 404),
        summary="Proposals",
    )
    def list_proposals(call: CallDep, node: Node = node_dep) -> Response:
        """List what waits for a second person; needs `share`."""

        def act(session: Session) -> Answer:
            rows = four_eyes.proposals_on(session, call.actor, node)
            return Answer(ProposalsOut(items=[rights_views.proposal(row) for row in rows]))

        return call.read(act)

    @router.post(
        "/proposals/{proposal_id}/confirm",
        operation_id=f"confirm_on_{name}",
        status_code=204,
        responses=answers(403, 404, 409),
        summary="Confirm",
    )
    def confirm(call: CallDep, proposal_id: UUID, node: Node = node_dep) -> Response:
        """Carry out what another person proposed."""
        return _change(call, node, lambda session: four_eyes.confirm(session, call.actor, node, proposal_id), False)

    @router.delete(
        "/proposals/{proposal_id}",
        operation_id=f"refuse_on_{name}",
        status_code=204,
        responses=answers(403, 404),
        summary="Turn down",
    )
    def refuse(call: CallDep, proposal_id: UUID, node: Node = node_dep) -> Response:
        """Turn a proposal down, or take back one's own."""
        return _change(call, node, lambda session: four_eyes.refuse(session, call.actor, node, proposal_id), False)


def _change(call: Call, node: Node, change: Callable[[Session], object], preview: bool) -> Response:
    def act(session: Session) -> Answer:
        if preview:
            return _previewed(session, call, node, lambda: change(session))
        change(session)
        return Answer(None, 204)

    return call.write(act)


def _previewed(session: Session, call: Call, node: Node, change: Callable[[], object]) -> Answer:
    nodes.require(session, call.actor, node, Right.SHARE)
    return rights_views.previewed(rights_preview.preview(session, node, change))


def _proposed(proposal: RightsProposal | None, done: Answer) -> Answer:
    return done if proposal is None else Answer(rights_views.proposal(proposal), 202)


router = APIRouter()
for _path, _name, _node_of in (
    ("/filing-plan/{code}", "entry", _entry),
    ("/filing-plan/{code}/sections/{section}", "entry_section", _entry_section),
    ("/case-files/{case_file_id}", "case_file", _case_file),
    ("/case-files/{case_file_id}/sections/{section}", "section", _section),
    ("/proceedings/{proceeding_id}", "proceeding", _proceeding),
    ("/documents/{document_id}", "document", _document),
):
    router.routes.extend(_routes(_path, _name, _node_of).routes)
