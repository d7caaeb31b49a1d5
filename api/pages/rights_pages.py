"""Who may what on a thing, and why: the same pages for everything that rights stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api.denials import note_denial
from api.pages import rights_addresses, rights_changes, rights_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from api.problems import status_of
from eakte import explaining, four_eyes, nodes, rights_preview
from eakte.access_tables import Right
from eakte.errors import Conflict, EakteError, Invalid, NotPermitted
from eakte.nodes import Node

Asked = Annotated[str, Query(max_length=300, description="Whose rights are to be explained")]


def _routes(path: str, node_of: Callable[..., Node]) -> APIRouter:
    """All pages about the rights on one kind of node."""
    router = APIRouter(prefix=f"{path}/rechte")
    _reading_routes(router, Depends(node_of))
    _changing_routes(router, Depends(node_of))
    return router


def _reading_routes(router: APIRouter, node_dep: Any) -> None:
    """Looking."""

    @router.get("")
    def show_rights(visit: VisitDep, person: Asked = "", node: Node = node_dep) -> Response:
        """Who may what here and why; for one person, also why not."""
        return _page(visit, node, asked=person)

    @router.get("/meine")
    def show_my_rights(visit: VisitDep, node: Node = node_dep) -> Response:
        """What oneself may do here and why: for everybody who can read it."""
        with visit.service.database.noting() as session:
            told = explaining.explain(session, visit.actor, visit.actor.id, node)
            title = rights_addresses.title_of(session, visit.actor, node)
            back = rights_addresses.way_back(session, visit.actor, node)
        return render(visit.request, "my_rights.html", told=told, title=title, back=back)


def _changing_routes(router: APIRouter, node_dep: Any) -> None:
    """Changing: each change is tried first, and made once somebody has seen what it does."""

    @router.post("/vorschau")
    def preview(posted: PostedDep, node: Node = node_dep) -> Response:
        """Who would gain and who would lose; nothing is saved."""
        visit = posted.visit
        try:
            with visit.service.database.writing() as session:
                nodes.require(session, visit.actor, node, Right.SHARE)
                change = rights_changes.read_change(session, node, posted)
                deltas = rights_preview.preview(session, node, lambda: change.make(session))
                on = nodes.in_words(session, node)
        except (Invalid, Conflict, NotPermitted) as error:
            return _refused(posted, node, error)
        return render(
            visit.request,
            "rights_preview.html",
            path=rights_addresses.rights_path(node),
            on=on,
            change=change,
            deltas=deltas,
            reason=posted.text("reason"),
            carried=[
                (name, value)
                for name, value in posted.fields
                if name not in ("csrf", "form_id") and not (change.asks_reason and name == "reason")
            ],
        )

    @router.post("/formular")
    def back_to_form(posted: PostedDep, node: Node = node_dep) -> Response:
        """The page again with what was typed."""
        return _page(posted.visit, node, posted=posted)

    @router.post("/speichern")
    def save(posted: PostedDep, node: Node = node_dep) -> Response:
        """Make the change, or propose it where two people are asked for."""

        def act(session: Session) -> Response:
            nodes.require(session, posted.visit.actor, node, Right.SHARE)
            change = rights_changes.read_change(session, node, posted)
            waits = rights_changes.has_to_wait(change.save(session))
            return go_to(_next(session, posted.visit, node), "rights_proposed" if waits else change.notice)

        try:
            return posted.write_once(act)
        except (Invalid, Conflict, NotPermitted) as error:
            return _refused(posted, node, error)

    @router.post("/vorschlaege/{proposal_id}/ablehnen")
    def refuse(posted: PostedDep, proposal_id: UUID, node: Node = node_dep) -> Response:
        """Turn a proposal down, or take back one's own."""

        def act(session: Session) -> Response:
            four_eyes.refuse(session, posted.visit.actor, node, proposal_id)
            return go_to(rights_addresses.rights_path(node), "proposal_refused")

        return posted.write_once(act)


def _next(session: Session, visit: Visit, node: Node) -> str:
    """Back to the rights; to the start for whoever has just given theirs away."""
    allowed = nodes.allows(session, visit.actor, node, Right.SHARE)
    return rights_addresses.rights_path(node) if allowed else "/"


def _refused(posted: Posted, node: Node, error: EakteError) -> Response:
    """The page again with what was typed and what is wrong with it; refusals enter the trail as elsewhere."""
    page = _page(posted.visit, node, posted=posted, problem=error, status=status_of(error)[0])
    note_denial(posted.visit.request, error)
    return page


def _page(
    visit: Visit,
    node: Node,
    *,
    asked: str = "",
    posted: Posted | None = None,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    told = None
    with visit.service.database.noting() as session:
        view = rights_views.gather_rights(session, visit.actor, node)
        choices = rights_views.gather_choices(session)
        if asked.strip():
            try:
                told = rights_views.gather_explanation(session, visit.actor, asked, node)
            except Invalid as error:
                problem, status = error, 422
    return render(
        visit.request,
        "rights.html",
        status=status,
        view=view,
        choices=choices,
        told=told,
        asked=asked,
        posted=posted,
        problem=problem,
        was=posted.text("was") if posted else "explain" if problem else "",
    )


router = APIRouter()


@router.get("/aktenplan/rechte")
def find_entry(visit: VisitDep, code: Annotated[str, Query(max_length=80)] = "") -> Response:
    """From a typed code to the rights of that entry: administrators arrange them without seeing the plan."""
    node = nodes.entry(code.strip())
    with visit.service.database.reading() as session:
        nodes.require(session, visit.actor, node, Right.SHARE)
    return RedirectResponse(rights_addresses.rights_path(node), 303)


for _path, _node_of in rights_addresses.ADDRESSES:
    router.routes.extend(_routes(_path, _node_of).routes)
