"""`GET /inbox/{id}` suggests where what waits belongs, to whoever may file there."""

from __future__ import annotations

from tests.api.city import API, City, deliver, open_case_file, told
from tests.api.paper import text_pdf


def test_an_item_comes_with_suggestions_that_can_be_filed(city: City) -> None:
    anna = city.client("anna")
    case_file = open_case_file(anna, parties=[{"role": "Antragstellerin", "name": "Erika Muster"}])
    told(deliver(city.client("scan-1"), text_pdf(f"Erika Muster zu {case_file['reference']}")), 201)
    before = told(anna.get(f"{API}/inbox"))["items"]
    city.work_off()

    [item] = told(anna.get(f"{API}/inbox"))["items"]
    one = anna.get(f"{API}/inbox/{item['id']}")
    [suggestion] = told(one)["suggestions"]
    filed = anna.post(
        f"{API}/inbox/{item['id']}/file",
        json={"case_file_id": suggestion["case_file_id"]},
        headers={"If-Match": one.headers["etag"]},
    )

    assert before == []
    assert "suggestions" not in item
    assert suggestion == {
        "case_file_id": case_file["id"],
        "reference": case_file["reference"],
        "title": case_file["title"],
        "score": 0.95,
        "reason": f"Aktenzeichen {case_file['reference']} im Text, Seite 1; Erika Muster als Absender, Seite 1",
    }
    assert told(filed)["case_file_id"] == case_file["id"]
