"""The people of the sample city whose personnel files the demo opens, and what the specialist system knows of them."""

from __future__ import annotations

from dataclasses import dataclass

from api.demo import paper


@dataclass(frozen=True)
class Employee:
    """An employee (Beschäftigte) as the specialist system knows them."""

    personnel_no: str
    name: str
    street: str
    post: str

    @property
    def request(self) -> dict[str, object]:
        """What their case file is opened with."""
        address = {"street": self.street, "postal_code": "12345", "city": "Musterstadt"}
        return {
            "filing_plan": "11.20",
            "title": f"Personalakte {self.name}",
            "fields": {"personnel_no": self.personnel_no},
            "responsible_unit": "PERSONAL",
            "parties": [{"role": "Beschäftigte", "name": self.name, "address": address}],
        }


EMPLOYEES = (
    Employee("004711", "Jördis Größmann", "Lindenweg 12", "Gärtnermeisterin"),
    Employee("004712", "Cem Özdemirel", "Am Mühlgraben 3", "Brandmeister"),
    Employee("004713", "Wiebke Süßmilch", "Färbergasse 27", "Bibliothekarin"),
    Employee("004714", "Anton Krüger", "Domplatz 1", "Schulhausmeister"),
    Employee("004715", "Małgorzata Weiß", "Uferstraße 88", "Bauingenieurin"),
    Employee("004716", "Björn Häberle", "Kirchstraße 9", "Standesbeamter"),
)


def payslip(employee: Employee) -> bytes:
    """A payslip (Entgeltabrechnung) as the specialist system makes it: a PDF that was never paper."""
    rows = (("Tabellenentgelt", "3.412,18"), ("Jahressonderzahlung", "1.204,50"), ("Zusatzversorgung", "−62,40"))
    return paper.typeset(
        f"<p>Stadt Musterstadt · Amt für Personal und Organisation</p><h1>Entgeltabrechnung 10/2026</h1>"
        f"<p>{employee.name}, {employee.post}<br>{employee.street}, 12345 Musterstadt<br>"
        f"Personalnummer {employee.personnel_no}</p><table cellpadding=8>"
        + "".join(f"<tr><td>{name}<td align=right>{amount} €" for name, amount in rows)
        + "</table><p>Der Betrag wird Ihrem Konto zum Monatsende gutgeschrieben.</p>"
    )
