"""What is typed into one line fits the column it is kept in, whichever door it comes through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eakte import paper_originals
from eakte.errors import Invalid
from eakte.intake.receive import Delivery, receive_batch
from eakte.paper_originals import PaperWish
from tests.domain.registry import Registry

SAID = {"station": "scan-1", "operator": "op", "batch_id": "1"}


WRONG = {"long": "x" * 201, "lines": "zwei\nZeilen", "escape": "\x1b[31m", "empty": " "}


@pytest.mark.parametrize("name", ["operator", "batch_id", "channel", "box"])
@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_a_stack_is_described_in_lines_that_can_be_kept_and_printed(registry: Registry, name: str, value: str) -> None:
    registry.station()
    said: dict[str, Any] = {**SAID, name: value}
    deliver = [registry.session, registry.actor("scan-1"), Delivery(**said), [registry.stored(b"Scan")]]

    if name == "box" and not value.strip():
        assert receive_batch(*deliver)[0].box is None  # type: ignore[arg-type]
        return
    with pytest.raises(Invalid) as refused:
        receive_batch(*deliver)  # type: ignore[arg-type]

    assert [field.pointer for field in refused.value.fields] == [f"/metadata/{name}"]


@pytest.mark.parametrize(("name", "longest"), [("box", 80), ("return_to", 300)])
def test_where_paper_lies_is_said_in_a_line(registry: Registry, name: str, longest: int) -> None:
    document, anna = registry.document(registry.case_file(unit="SO")), registry.actor("anna")

    wish = replace(PaperWish(), **{name: f" {'x' * longest} "})  # type: ignore[arg-type]
    kept = paper_originals.place_paper(registry.session, anna, document.id, wish)
    with pytest.raises(Invalid) as refused:
        paper_originals.change_paper(registry.session, anna, kept.id, {name: "x" * (longest + 1)})

    assert getattr(kept, name) == "x" * longest
    assert [field.pointer for field in refused.value.fields] == [f"/{name}"]
