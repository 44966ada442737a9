"""Fifteen exports of one small company in different shapes, and what their columns truly are.

Each has leads; the rest differs: languages, headers of CRMs, loaders' columns, formats of files,
dates and numbers. All is drawn from a seed, so every run writes the same bytes.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Sequence[Any]
Truth = Mapping[str, Mapping[str, str | None]]
"""By raw table and raw column: `<contract table>.<column>`, several with `|`, or None."""

BEGIN = datetime(2024, 3, 4, 8, 15)
FIRST = ("Ana", "Luis", "Eva", "Hugo", "Inés", "Jonas", "Klara", "Léa", "Marco", "Nora")
LAST = ("García", "Müller", "Rossi", "Dubois", "Silva", "Jones", "Novak", "Peña", "Weiß", "Costa")


@dataclass(frozen=True)
class Export:
    """The files of an export by name, and the truth about their columns."""

    name: str
    files: Mapping[str, bytes]
    truth: Truth


class Company:
    """Its leads, statuses, deals, orders, calls and costs, drawn from a seed."""

    def __init__(self, seed: int, leads: int = 36) -> None:
        self.random = Random(seed)
        self.leads = [self._lead(number) for number in range(1, leads + 1)]

    def _lead(self, number: int) -> dict[str, Any]:
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        return {
            "number": number,
            "first": first,
            "last": last,
            "name": f"{first} {last}",
            "email": f"{first}.{last}.{number}@example.com".lower()
            .encode("ascii", "ignore")
            .decode(),
            "phone": f"+34 6{self.random.randrange(10**7, 10**8)}",
            "company": f"{last} & Co {number % 7}",
            "at": BEGIN + timedelta(hours=31 * number, minutes=self.random.randrange(600)),
        }

    def pick(self, *words: str) -> str:
        return self.random.choice(words)

    def later(self, moment: datetime, days: int) -> datetime:
        return moment + timedelta(days=days, minutes=self.random.randrange(1, 400))

    def amount(self) -> float:
        return self.random.randrange(10_000, 900_000) / 100

    def statuses(self, words: Sequence[str]) -> list[tuple[dict[str, Any], datetime, str]]:
        """Each lead's way through some of the words, in their order."""
        return [
            (lead, self.later(lead["at"], 3 * step), word)
            for lead in self.leads
            for step, word in enumerate(words[: 1 + lead["number"] % len(words)])
        ]


def table(header: Row, rows: Iterable[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode(encoding)


def lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def parquet(records: Sequence[Mapping[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([*records]), sink)
    return bytes(sink.getvalue())


def euros(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def hubspot() -> Export:
    c = Company(1)
    contacts = [
        (
            900_000 + p["number"],
            p["first"],
            p["last"],
            p["email"],
            p["phone"],
            f"{p['at']:%Y-%m-%d %H:%M}",
            c.pick("Lead", "Marketing Qualified Lead", "Customer"),
            c.pick("Ana Ruiz", "Tom Hill"),
            c.pick("Organic Search", "Paid Social", "Referrals"),
            c.pick("Spain", "France"),
            p["company"],
        )
        for p in c.leads
    ]
    deals = [
        (
            5_000 + p["number"],
            f"{p['company']} deal",
            c.pick("Appointment Scheduled", "Closed Won", "Closed Lost"),
            c.amount(),
            f"{c.later(p['at'], 40):%Y-%m-%d %H:%M}",
            f"{c.later(p['at'], 5):%Y-%m-%d %H:%M}",
            900_000 + p["number"],
            c.pick("Ana Ruiz", "Tom Hill"),
            "EUR",
        )
        for p in c.leads[::2]
    ]
    return Export(
        "hubspot",
        {
            "all-contacts.csv": table(
                (
                    "Record ID",
                    "First Name",
                    "Last Name",
                    "Email",
                    "Phone Number",
                    "Create Date",
                    "Lifecycle Stage",
                    "Contact owner",
                    "Original Source",
                    "Country/Region",
                    "Company name",
                ),
                contacts,
            ),
            "all-deals.csv": table(
                (
                    "Record ID",
                    "Deal Name",
                    "Deal Stage",
                    "Amount",
                    "Close Date",
                    "Create Date",
                    "Associated Contact IDs",
                    "Deal owner",
                    "Currency",
                ),
                deals,
            ),
        },
        {
            "all_contacts": {
                "record_id": "leads.lead_id",
                "first_name": "leads.name",
                "last_name": "leads.name",
                "email": "leads.email",
                "phone_number": "leads.phone",
                "create_date": "leads.created_at",
                "lifecycle_stage": "leads.status",
                "contact_owner": "leads.owner_rep_id",
                "original_source": "leads.lead_source|leads.channel",
                "country_region": "leads.country",
                "company_name": "leads.company_name",
            },
            "all_deals": {
                "record_id": "opportunities.opportunity_id",
                "deal_name": None,
                "deal_stage": "opportunities.stage",
                "amount": "opportunities.amount",
                "close_date": "opportunities.closed_at",
                "create_date": "opportunities.created_at",
                "associated_contact_i_ds": "opportunities.lead_id",
                "deal_owner": "opportunities.owner_rep_id",
                "currency": "opportunities.currency",
            },
        },
    )


def salesforce() -> Export:
    c = Company(2)

    def key(kind: str, number: int) -> str:
        return f"{kind}5g00000Ab{number:03d}EAB"

    leads = [
        (
            key("00Q", p["number"]),
            p["first"],
            p["last"],
            p["name"],
            p["company"],
            p["email"],
            p["phone"],
            c.pick("Open - Not Contacted", "Working - Contacted", "Qualified"),
            c.pick("Web", "Phone Inquiry", "Purchased List"),
            c.pick("Banking", "Retail"),
            c.random.randrange(5, 900),
            c.random.randrange(10**5, 10**7),
            key("005", p["number"] % 4),
            "false",
            "false",
            f"{p['at']:%Y-%m-%dT%H:%M:%S}.000+0000",
            f"{c.later(p['at'], 9):%Y-%m-%dT%H:%M:%S}.000+0000",
        )
        for p in c.leads
    ]
    opportunities = [
        (
            key("006", p["number"]),
            f"{p['company']}-",
            c.pick("Prospecting", "Closed Won", "Closed Lost"),
            c.amount(),
            c.pick("10", "60", "100"),
            f"{c.later(p['at'], 50):%Y-%m-%d}",
            c.pick("New Business", "Existing Business"),
            c.pick("true", "false"),
            key("005", p["number"] % 4),
            f"{c.later(p['at'], 6):%Y-%m-%dT%H:%M:%S}.000+0000",
            key("00Q", p["number"]),
        )
        for p in c.leads[::2]
    ]
    users = [
        (
            key("005", n),
            name,
            f"{name.split()[0].lower()}@example.org",
            "true",
            f"{BEGIN - timedelta(days=300 + n):%Y-%m-%dT%H:%M:%S}.000+0000",
        )
        for n, name in enumerate(("Mia Ortiz", "Ned Park", "Ola Quist", "Pia Roth"))
    ]
    return Export(
        "salesforce",
        {
            "Lead.csv": table(
                (
                    "Id",
                    "FirstName",
                    "LastName",
                    "Name",
                    "Company",
                    "Email",
                    "Phone",
                    "Status",
                    "LeadSource",
                    "Industry",
                    "NumberOfEmployees",
                    "AnnualRevenue",
                    "OwnerId",
                    "IsConverted",
                    "IsDeleted",
                    "CreatedDate",
                    "LastModifiedDate",
                ),
                leads,
            ),
            "Opportunity.csv": table(
                (
                    "Id",
                    "Name",
                    "StageName",
                    "Amount",
                    "Probability",
                    "CloseDate",
                    "Type",
                    "IsWon",
                    "OwnerId",
                    "CreatedDate",
                    "ContactId",
                ),
                opportunities,
            ),
            "User.csv": table(("Id", "Name", "Email", "IsActive", "CreatedDate"), users),
        },
        {
            "lead": {
                "id": "leads.lead_id",
                "first_name": None,
                "last_name": None,
                "name": "leads.name",
                "company": "leads.company_name",
                "email": "leads.email",
                "phone": "leads.phone",
                "status": "leads.status",
                "lead_source": "leads.lead_source",
                "industry": "leads.industry",
                "number_of_employees": "leads.employee_count",
                "annual_revenue": "leads.company_revenue",
                "owner_id": "leads.owner_rep_id",
                "is_converted": None,
                "is_deleted": "leads.is_deleted",
                "created_date": "leads.created_at",
                "last_modified_date": "leads.updated_at",
            },
            "opportunity": {
                "id": "opportunities.opportunity_id",
                "name": None,
                "stage_name": "opportunities.stage",
                "amount": "opportunities.amount",
                "probability": "opportunities.probability",
                "close_date": "opportunities.closed_at",
                "type": "opportunities.order_type",
                "is_won": "opportunities.is_won",
                "owner_id": "opportunities.owner_rep_id",
                "created_date": "opportunities.created_at",
                "contact_id": "opportunities.lead_id",
            },
            "user": {
                "id": "reps.rep_id",
                "name": "reps.name",
                "email": None,
                "is_active": None,
                "created_date": "reps.valid_from",
            },
        },
    )


def pipedrive() -> Export:
    c = Company(3)
    persons = [
        (
            p["number"],
            p["name"],
            p["email"],
            f"{p['at']:%Y-%m-%d %H:%M:%S}",
            11 + p["number"] % 3,
            c.pick("Website", "Trade Show", "Call"),
        )
        for p in c.leads
    ]
    deals = [
        (
            100 + p["number"],
            p["number"],
            f"{p['company']}",
            round(c.amount()),
            "EUR",
            f"{c.later(p['at'], 4):%Y-%m-%d %H:%M:%S}",
            f"{c.later(p['at'], 30):%Y-%m-%d %H:%M:%S}" if p["number"] % 3 else "",
            ("open", "won", "lost")[p["number"] % 3],
            1 + p["number"] % 4,
            11 + p["number"] % 3,
            "" if p["number"] % 3 < 2 else c.pick("Price", "Timing"),
        )
        for p in c.leads
    ]
    activities = [
        (
            700 + p["number"],
            p["number"],
            100 + p["number"],
            c.pick("call", "meeting", "email"),
            f"{c.later(p['at'], 2):%Y-%m-%d %H:%M:%S}",
            11 + p["number"] % 3,
            c.random.randrange(1, 60),
        )
        for p in c.leads
    ]
    stages = [
        (n, word, 1) for n, word in enumerate(("Qualified", "Demo", "Proposal", "Negotiation"), 1)
    ]
    return Export(
        "pipedrive",
        {
            "persons.csv": table(
                ("id", "name", "email", "add_time", "owner_id", "source_name"), persons
            ),
            "deals.csv": table(
                (
                    "id",
                    "person_id",
                    "title",
                    "value",
                    "currency",
                    "add_time",
                    "close_time",
                    "status",
                    "stage_id",
                    "user_id",
                    "lost_reason",
                ),
                deals,
            ),
            "activities.csv": table(
                ("id", "person_id", "deal_id", "type", "add_time", "user_id", "duration_min"),
                activities,
            ),
            "stages.csv": table(("id", "name", "pipeline_id"), stages),
        },
        {
            "persons": {
                "id": "leads.lead_id",
                "name": "leads.name",
                "email": "leads.email",
                "add_time": "leads.created_at",
                "owner_id": "leads.owner_rep_id",
                "source_name": "leads.lead_source",
            },
            "deals": {
                "id": "opportunities.opportunity_id",
                "person_id": "opportunities.lead_id",
                "title": None,
                "value": "opportunities.amount",
                "currency": "opportunities.currency",
                "add_time": "opportunities.created_at",
                "close_time": "opportunities.closed_at",
                "status": "opportunities.is_won",
                "stage_id": "opportunities.stage",
                "user_id": "opportunities.owner_rep_id",
                "lost_reason": "opportunities.lost_reason",
            },
            "activities": {
                "id": "activities.activity_id",
                "person_id": "activities.lead_id",
                "deal_id": "activities.opportunity_id",
                "type": "activities.activity_type",
                "add_time": "activities.occurred_at",
                "user_id": "activities.rep_id",
                "duration_min": "activities.duration_seconds",
            },
            "stages": {
                "id": "pipeline_stages.stage",
                "name": "pipeline_stages.stage_name",
                "pipeline_id": "pipeline_stages.pipeline",
            },
        },
    )


def zoho() -> Export:
    c = Company(4)
    leads = [
        (
            f"zcrm_{4000 + p['number']}",
            c.pick("Mia Ortiz", "Ned Park"),
            p["company"],
            p["first"],
            p["last"],
            p["email"],
            p["phone"],
            c.pick("Cold Call", "Web Form"),
            c.pick("Attempted to Contact", "Contacted", "Junk Lead"),
            f"{p['at']:%d-%b-%Y %H:%M:%S}",
            f"{c.later(p['at'], 3):%d-%b-%Y %H:%M:%S}",
        )
        for p in c.leads
    ]
    calls = [
        (
            f"zcrm_{8000 + p['number']}",
            c.pick("Inbound", "Outbound"),
            f"{c.later(p['at'], 1):%d-%b-%Y %H:%M:%S}",
            c.random.randrange(10, 900),
            f"zcrm_{4000 + p['number']}",
            c.pick("Interested", "No response"),
        )
        for p in c.leads
    ]
    return Export(
        "zoho",
        {
            "Leads_001.csv": table(
                (
                    "Record Id",
                    "Lead Owner",
                    "Company",
                    "First Name",
                    "Last Name",
                    "Email",
                    "Phone",
                    "Lead Source",
                    "Lead Status",
                    "Created Time",
                    "Modified Time",
                ),
                leads,
            ),
            "Calls_001.csv": table(
                (
                    "Record Id",
                    "Call Direction",
                    "Call Start Time",
                    "Call Duration (in seconds)",
                    "Lead Id",
                    "Call Result",
                ),
                calls,
            ),
        },
        {
            "leads": {
                "record_id": "leads.lead_id",
                "lead_owner": "leads.owner_rep_id",
                "company": "leads.company_name",
                "first_name": "leads.name",
                "last_name": "leads.name",
                "email": "leads.email",
                "phone": "leads.phone",
                "lead_source": "leads.lead_source",
                "lead_status": "leads.status",
                "created_time": "leads.created_at",
                "modified_time": "leads.updated_at",
            },
            "calls": {
                "record_id": "activities.activity_id",
                "call_direction": "activities.direction",
                "call_start_time": "activities.occurred_at",
                "call_duration_in_seconds": "activities.duration_seconds",
                "lead_id": "activities.lead_id",
                "call_result": "activities.outcome",
            },
        },
    )


def spanish() -> Export:
    c = Company(5)
    return Export(
        "spanish",
        {
            "contactos.csv": table(
                (
                    "Código",
                    "Fecha de alta",
                    "Nombre",
                    "Apellidos",
                    "Correo electrónico",
                    "Teléfono",
                    "Provincia",
                    "Canal",
                    "Campaña",
                    "Comercial",
                    "Observaciones",
                ),
                [
                    (
                        f"C-{p['number']:04d}",
                        f"{p['at']:%d/%m/%Y %H:%M}",
                        p["first"],
                        p["last"],
                        p["email"],
                        p["phone"],
                        c.pick("Madrid", "Sevilla"),
                        c.pick("Web", "Feria", "Referido"),
                        c.pick("Primavera", "Verano"),
                        c.pick("Ana", "Luis"),
                        "",
                    )
                    for p in c.leads
                ],
                ";",
                "cp1252",
            ),
            "historial_estados.csv": table(
                ("Contacto", "Estado anterior", "Estado nuevo", "Fecha de cambio", "Usuario"),
                [
                    (
                        f"C-{p['number']:04d}",
                        "",
                        word,
                        f"{at:%d/%m/%Y %H:%M}",
                        c.pick("Ana", "Luis"),
                    )
                    for p, at, word in c.statuses(("Nuevo", "Contactado", "Interesado", "Cliente"))
                ],
                ";",
                "cp1252",
            ),
            "ventas.csv": table(
                ("Nº pedido", "Contacto", "Fecha", "Importe", "Situación"),
                [
                    (
                        f"V{p['number']}",
                        f"C-{p['number']:04d}",
                        f"{c.later(p['at'], 30):%d/%m/%Y}",
                        f"{euros(c.amount())} €",
                        c.pick("Pagado", "Pendiente"),
                    )
                    for p in c.leads[3::4]
                ],
                ";",
                "cp1252",
            ),
        },
        {
            "contactos": {
                "codigo": "leads.lead_id",
                "fecha_de_alta": "leads.created_at",
                "nombre": "leads.name",
                "apellidos": "leads.name",
                "correo_electronico": "leads.email",
                "telefono": "leads.phone",
                "provincia": "leads.region",
                "canal": "leads.channel",
                "campana": "leads.campaign_id",
                "comercial": "leads.owner_rep_id",
                "observaciones": None,
            },
            "historial_estados": {
                "contacto": "lead_status_changes.lead_id",
                "estado_anterior": "lead_status_changes.from_status",
                "estado_nuevo": "lead_status_changes.to_status",
                "fecha_de_cambio": "lead_status_changes.changed_at",
                "usuario": "lead_status_changes.changed_by_rep_id",
            },
            "ventas": {
                "no_pedido": "orders.order_id",
                "contacto": "orders.lead_id|orders.customer_id",
                "fecha": "orders.ordered_at",
                "importe": "orders.amount",
                "situacion": "orders.status",
            },
        },
    )


def german() -> Export:
    c = Company(6)
    return Export(
        "german",
        {
            "Interessenten.csv": table(
                (
                    "Kundennummer",
                    "Vorname",
                    "Nachname",
                    "E-Mail-Adresse",
                    "Telefonnummer",
                    "Firma",
                    "Land",
                    "Branche",
                    "Mitarbeiterzahl",
                    "Herkunft",
                    "Status",
                    "Erstellungsdatum",
                    "Zuständig",
                ),
                [
                    (
                        f"K{10_000 + p['number']}",
                        p["first"],
                        p["last"],
                        p["email"],
                        p["phone"],
                        p["company"],
                        c.pick("Deutschland", "Österreich"),
                        c.pick("Handel", "IT"),
                        c.random.randrange(3, 500),
                        c.pick("Messe", "Webseite"),
                        c.pick("Neu", "Qualifiziert"),
                        f"{p['at']:%d.%m.%Y %H:%M}",
                        c.pick("M. Schulz", "J. Vogel"),
                    )
                    for p in c.leads
                ],
                ";",
            ),
            "Aufträge.csv": table(
                ("Auftragsnummer", "Kundennummer", "Auftragsdatum", "Betrag", "Währung", "Status"),
                [
                    (
                        f"A-{p['number']}",
                        f"K{10_000 + p['number']}",
                        f"{c.later(p['at'], 25):%d.%m.%Y}",
                        euros(c.amount()),
                        "EUR",
                        c.pick("Bezahlt", "Storniert", "Offen"),
                    )
                    for p in c.leads[1::3]
                ],
                ";",
            ),
            "Werbekosten.csv": table(
                ("Datum", "Kanal", "Kampagne", "Kosten", "Klicks", "Impressionen"),
                [
                    (
                        f"{BEGIN + timedelta(days=d):%d.%m.%Y}",
                        c.pick("Google Ads", "LinkedIn"),
                        c.pick("Frühling", "Sommer"),
                        euros(c.amount() / 50),
                        c.random.randrange(5, 90),
                        c.random.randrange(900, 9000),
                    )
                    for d in range(30)
                ],
                ";",
            ),
        },
        {
            "interessenten": {
                "kundennummer": "leads.lead_id",
                "vorname": "leads.name",
                "nachname": "leads.name",
                "e_mail_adresse": "leads.email",
                "telefonnummer": "leads.phone",
                "firma": "leads.company_name",
                "land": "leads.country",
                "branche": "leads.industry",
                "mitarbeiterzahl": "leads.employee_count",
                "herkunft": "leads.lead_source",
                "status": "leads.status",
                "erstellungsdatum": "leads.created_at",
                "zustandig": "leads.owner_rep_id",
            },
            "auftrage": {
                "auftragsnummer": "orders.order_id",
                "kundennummer": "orders.customer_id|orders.lead_id",
                "auftragsdatum": "orders.ordered_at",
                "betrag": "orders.amount",
                "wahrung": "orders.currency",
                "status": "orders.status",
            },
            "werbekosten": {
                "datum": "costs.cost_date",
                "kanal": "costs.channel",
                "kampagne": "costs.campaign_id",
                "kosten": "costs.amount",
                "klicks": "costs.clicks",
                "impressionen": "costs.impressions",
            },
        },
    )


def french() -> Export:
    c = Company(7)
    return Export(
        "french",
        {
            "prospects.csv": table(
                (
                    "Identifiant",
                    "Date de création",
                    "Nom",
                    "Prénom",
                    "Courriel",
                    "Téléphone",
                    "Société",
                    "Pays",
                    "Origine",
                    "Statut",
                    "Commercial",
                ),
                [
                    (
                        f"P{p['number']:05d}",
                        f"{p['at']:%d/%m/%Y %H:%M:%S}",
                        p["last"],
                        p["first"],
                        p["email"],
                        p["phone"],
                        p["company"],
                        c.pick("France", "Belgique"),
                        c.pick("Salon", "Site web"),
                        c.pick("Nouveau", "Contacté"),
                        c.pick("L. Petit", "A. Roux"),
                    )
                    for p in c.leads
                ],
                ";",
            ),
            "affaires.csv": table(
                (
                    "Référence",
                    "Identifiant prospect",
                    "Étape",
                    "Montant",
                    "Devise",
                    "Date d'ouverture",
                    "Date de clôture",
                    "Motif de perte",
                    "Probabilité",
                ),
                [
                    (
                        f"AF-{p['number']}",
                        f"P{p['number']:05d}",
                        c.pick("Devis envoyé", "Gagnée", "Perdue"),
                        euros(c.amount()).replace(".", "\u00a0"),
                        "EUR",
                        f"{c.later(p['at'], 4):%d/%m/%Y %H:%M:%S}",
                        f"{c.later(p['at'], 40):%d/%m/%Y %H:%M:%S}",
                        c.pick("", "Prix"),
                        c.pick("10%", "50%", "90%"),
                    )
                    for p in c.leads[::2]
                ],
                ";",
            ),
        },
        {
            "prospects": {
                "identifiant": "leads.lead_id",
                "date_de_creation": "leads.created_at",
                "nom": "leads.name",
                "prenom": "leads.name",
                "courriel": "leads.email",
                "telephone": "leads.phone",
                "societe": "leads.company_name",
                "pays": "leads.country",
                "origine": "leads.lead_source",
                "statut": "leads.status",
                "commercial": "leads.owner_rep_id",
            },
            "affaires": {
                "reference": "opportunities.opportunity_id",
                "identifiant_prospect": "opportunities.lead_id",
                "etape": "opportunities.stage",
                "montant": "opportunities.amount",
                "devise": "opportunities.currency",
                "date_d_ouverture": "opportunities.created_at",
                "date_de_cloture": "opportunities.closed_at",
                "motif_de_perte": "opportunities.lost_reason",
                "probabilite": "opportunities.probability",
            },
        },
    )


def portuguese() -> Export:
    c = Company(8)
    return Export(
        "portuguese",
        {
            "contatos.csv": table(
                (
                    "ID",
                    "Nome",
                    "E-mail",
                    "Telefone",
                    "Empresa",
                    "Origem",
                    "Data de criação",
                    "Responsável",
                    "Cidade",
                ),
                [
                    (
                        7000 + p["number"],
                        p["name"],
                        p["email"],
                        p["phone"],
                        p["company"],
                        c.pick("Site", "Indicação"),
                        f"{p['at']:%d/%m/%Y %H:%M}",
                        c.pick("Rui", "Bia"),
                        c.pick("Recife", "Porto"),
                    )
                    for p in c.leads
                ],
                ";",
            ),
            "negociacoes.csv": table(
                (
                    "ID",
                    "ID do contato",
                    "Etapa",
                    "Valor",
                    "Data de criação",
                    "Data de fechamento",
                    "Motivo da perda",
                ),
                [
                    (
                        f"N{p['number']}",
                        7000 + p["number"],
                        c.pick("Proposta", "Ganho", "Perdido"),
                        f"R$ {euros(c.amount())}",
                        f"{c.later(p['at'], 3):%d/%m/%Y %H:%M}",
                        f"{c.later(p['at'], 33):%d/%m/%Y %H:%M}",
                        c.pick("", "Preço"),
                    )
                    for p in c.leads[::2]
                ],
                ";",
            ),
            "ligacoes.csv": table(
                ("ID", "ID do contato", "Data", "Duração (minutos)", "Direção", "Resultado"),
                [
                    (
                        f"L{p['number']}",
                        7000 + p["number"],
                        f"{c.later(p['at'], 2):%d/%m/%Y %H:%M}",
                        c.pick("1,5", "12,25", "3"),
                        c.pick("Entrada", "Saída"),
                        c.pick("Atendida", "Ocupado"),
                    )
                    for p in c.leads
                ],
                ";",
            ),
        },
        {
            "contatos": {
                "id": "leads.lead_id",
                "nome": "leads.name",
                "e_mail": "leads.email",
                "telefone": "leads.phone",
                "empresa": "leads.company_name",
                "origem": "leads.lead_source",
                "data_de_criacao": "leads.created_at",
                "responsavel": "leads.owner_rep_id",
                "cidade": None,
            },
            "negociacoes": {
                "id": "opportunities.opportunity_id",
                "id_do_contato": "opportunities.lead_id",
                "etapa": "opportunities.stage",
                "valor": "opportunities.amount",
                "data_de_criacao": "opportunities.created_at",
                "data_de_fechamento": "opportunities.closed_at",
                "motivo_da_perda": "opportunities.lost_reason",
            },
            "ligacoes": {
                "id": "activities.activity_id",
                "id_do_contato": "activities.lead_id",
                "data": "activities.occurred_at",
                "duracao_minutos": "activities.duration_seconds",
                "direcao": "activities.direction",
                "resultado": "activities.outcome",
            },
        },
    )


def italian() -> Export:
    c = Company(9)
    return Export(
        "italian",
        {
            "contatti.tsv": table(
                (
                    "Codice",
                    "Nome e cognome",
                    "Posta elettronica",
                    "Telefono",
                    "Azienda",
                    "Paese",
                    "Fonte",
                    "Data inserimento",
                ),
                [
                    (
                        f"IT{p['number']:03d}",
                        p["name"],
                        p["email"],
                        p["phone"],
                        p["company"],
                        c.pick("Italia", "Svizzera"),
                        c.pick("Fiera", "Sito web"),
                        f"{p['at']:%d/%m/%Y}",
                    )
                    for p in c.leads
                ],
                "\t",
            ),
            "storico_stati.tsv": table(
                ("Codice contatto", "Stato", "Data", "Motivo"),
                [
                    (f"IT{p['number']:03d}", word, f"{at:%d/%m/%Y}", c.pick("", "Costo"))
                    for p, at, word in c.statuses(("Nuovo", "Qualificato", "Preventivo", "Vinto"))
                ],
                "\t",
            ),
            "fatture.tsv": table(
                ("Numero fattura", "Codice contatto", "Data fattura", "Importo (EUR)", "Stato"),
                [
                    (
                        f"2024/{p['number']}",
                        f"IT{p['number']:03d}",
                        f"{c.later(p['at'], 20):%d/%m/%Y}",
                        euros(c.amount()),
                        c.pick("Pagato", "Annullato"),
                    )
                    for p in c.leads[::4]
                ],
                "\t",
            ),
        },
        {
            "contatti": {
                "codice": "leads.lead_id",
                "nome_e_cognome": "leads.name",
                "posta_elettronica": "leads.email",
                "telefono": "leads.phone",
                "azienda": "leads.company_name",
                "paese": "leads.country",
                "fonte": "leads.lead_source",
                "data_inserimento": "leads.created_at",
            },
            "storico_stati": {
                "codice_contatto": "lead_status_changes.lead_id",
                "stato": "lead_status_changes.to_status",
                "data": "lead_status_changes.changed_at",
                "motivo": "lead_status_changes.reason",
            },
            "fatture": {
                "numero_fattura": "orders.order_id",
                "codice_contatto": "orders.lead_id|orders.customer_id",
                "data_fattura": "orders.ordered_at",
                "importo_eur": "orders.amount",
                "stato": "orders.status",
            },
        },
    )


def airbyte() -> Export:
    c = Company(10)

    def loaded(number: int) -> dict[str, Any]:
        return {
            "_airbyte_raw_id": f"0b{number:06x}-{number % 97:04x}",
            "_airbyte_extracted_at": 1_717_000_000_000 + number,
        }

    contacts = [
        loaded(p["number"])
        | {
            "id": str(300 + p["number"]),
            "properties_email": p["email"],
            "properties_firstname": p["first"],
            "properties_lastname": p["last"],
            "properties_createdate": f"{p['at']:%Y-%m-%dT%H:%M:%S}.120Z",
            "properties_lifecyclestage": c.pick("lead", "marketingqualifiedlead"),
            "archived": False,
        }
        for p in c.leads
    ]
    deals = [
        loaded(p["number"])
        | {
            "id": str(70_300 + p["number"]),
            "contacts": str(300 + p["number"]),
            "properties_amount": c.amount(),
            "properties_dealstage": c.pick("qualifiedtobuy", "closedwon"),
            "properties_createdate": f"{c.later(p['at'], 3):%Y-%m-%dT%H:%M:%S}.000Z",
            "properties_closedate": f"{c.later(p['at'], 43):%Y-%m-%dT%H:%M:%S}.000Z",
            "properties_deal_currency_code": "USD",
        }
        for p in c.leads[::2]
    ]
    return Export(
        "airbyte",
        {"contacts.jsonl": lines(contacts), "deals.jsonl": lines(deals)},
        {
            "contacts": {
                "_airbyte_raw_id": None,
                "_airbyte_extracted_at": "leads.updated_at|",
                "id": "leads.lead_id",
                "properties_email": "leads.email",
                "properties_firstname": "leads.name",
                "properties_lastname": "leads.name",
                "properties_createdate": "leads.created_at",
                "properties_lifecyclestage": "leads.status",
                "archived": "leads.is_deleted",
            },
            "deals": {
                "_airbyte_raw_id": None,
                "_airbyte_extracted_at": "opportunities.updated_at|",
                "id": "opportunities.opportunity_id",
                "contacts": "opportunities.lead_id",
                "properties_amount": "opportunities.amount",
                "properties_dealstage": "opportunities.stage",
                "properties_createdate": "opportunities.created_at",
                "properties_closedate": "opportunities.closed_at",
                "properties_deal_currency_code": "opportunities.currency",
            },
        },
    )


def fivetran() -> Export:
    c = Company(11)
    synced = datetime(2024, 6, 1, 3, 0)
    contacts = [
        {
            "id": p["number"] + 41_000,
            "property_email": p["email"],
            "property_firstname": p["first"],
            "property_lastname": p["last"],
            "property_createdate": p["at"],
            "property_company": p["company"],
            "_fivetran_synced": synced,
            "_fivetran_deleted": p["number"] % 9 == 0,
        }
        for p in c.leads
    ]
    merges = [
        {
            "canonical_vid": 41_000 + n,
            "vid_to_merge": 41_020 + n,
            "timestamp": BEGIN + timedelta(days=80),
            "_fivetran_synced": synced,
        }
        for n in range(1, 6)
    ]
    calls = [
        {
            "engagement_id": 9_000 + p["number"],
            "contact_id": 41_000 + p["number"],
            "property_hs_timestamp": c.later(p["at"], 2),
            "property_hs_call_direction": "OUTBOUND",
            "property_hubspot_owner_id": 12,
            "_fivetran_synced": synced,
        }
        for p in c.leads
    ]
    return Export(
        "fivetran",
        {
            "contact.parquet": parquet(contacts),
            "contact_merge_audit.parquet": parquet(merges),
            "engagement_call.parquet": parquet(calls),
        },
        {
            "contact": {
                "id": "leads.lead_id",
                "property_email": "leads.email",
                "property_firstname": "leads.name",
                "property_lastname": "leads.name",
                "property_createdate": "leads.created_at",
                "property_company": "leads.company_name",
                "_fivetran_synced": "leads.updated_at|",
                "_fivetran_deleted": "leads.is_deleted",
            },
            "contact_merge_audit": {
                "canonical_vid": "lead_merges.survivor_lead_id",
                "vid_to_merge": "lead_merges.loser_lead_id",
                "timestamp": "lead_merges.merged_at",
                "_fivetran_synced": None,
            },
            "engagement_call": {
                "engagement_id": "activities.activity_id",
                "contact_id": "activities.lead_id",
                "property_hs_timestamp": "activities.occurred_at",
                "property_hs_call_direction": "activities.direction",
                "property_hubspot_owner_id": "activities.rep_id",
                "_fivetran_synced": None,
            },
        },
    )


def singer() -> Export:
    c = Company(12)
    header = (
        "customer_uuid",
        "full_name",
        "email_address",
        "signup_ts",
        "utm_channel",
        "country_code",
        "_sdc_received_at",
        "_sdc_deleted_at",
        "_sdc_sequence",
    )
    subscriptions = (
        "subscription_id",
        "customer_uuid",
        "started_on",
        "cancelled_on",
        "mrr",
        "currency",
        "cancel_reason",
        "_sdc_received_at",
    )
    return Export(
        "singer",
        {
            "leads.csv.gz": gzip.compress(
                table(
                    header,
                    [
                        (
                            f"u-{p['number']:06x}",
                            p["name"],
                            p["email"],
                            f"{p['at'].timestamp():.0f}",
                            c.pick("paid_search", "referral"),
                            c.pick("ES", "DE"),
                            "2024-06-01T02:00:00Z",
                            "",
                            1_717_200_000 + p["number"],
                        )
                        for p in c.leads
                    ],
                ),
                mtime=0,
            ),
            "subscriptions.csv.gz": gzip.compress(
                table(
                    subscriptions,
                    [
                        (
                            f"s-{p['number']}",
                            f"u-{p['number']:06x}",
                            f"{c.later(p['at'], 9):%Y-%m-%d}",
                            f"{c.later(p['at'], 59):%Y-%m-%d}" if p["number"] % 2 else "",
                            c.pick("49.00", "99.50"),
                            "USD",
                            c.pick("", "Too expensive"),
                            "2024-06-01T02:00:00Z",
                        )
                        for p in c.leads[::2]
                    ],
                ),
                mtime=0,
            ),
        },
        {
            "leads": {
                "customer_uuid": "leads.lead_id",
                "full_name": "leads.name",
                "email_address": "leads.email",
                "signup_ts": "leads.created_at",
                "utm_channel": "leads.channel",
                "country_code": "leads.country",
                "_sdc_received_at": "leads.updated_at|",
                "_sdc_deleted_at": "leads.is_deleted",
                "_sdc_sequence": None,
            },
            "subscriptions": {
                "subscription_id": "subscriptions.subscription_id",
                "customer_uuid": "subscriptions.customer_id|subscriptions.lead_id",
                "started_on": "subscriptions.started_at",
                "cancelled_on": "subscriptions.ended_at",
                "mrr": "subscriptions.mrr",
                "currency": "subscriptions.currency",
                "cancel_reason": "subscriptions.cancel_reason",
                "_sdc_received_at": None,
            },
        },
    )


def marketing() -> Export:
    c = Company(13)
    days = [BEGIN + timedelta(days=d) for d in range(30)]
    return Export(
        "marketing",
        {
            "signups.csv": table(
                ("Lead ID", "Signup date", "Email", "Channel", "Campaign ID"),
                [
                    (
                        f"L{p['number']}",
                        f"{p['at']:%m/%d/%Y %I:%M %p}",
                        p["email"],
                        c.pick("paid_search", "paid_social"),
                        c.pick("c-1", "c-2", "c-3"),
                    )
                    for p in c.leads
                ],
            ),
            "ad_spend.csv": table(
                ("Day", "Campaign ID", "Channel", "Cost", "Currency code", "Clicks", "Impressions"),
                [
                    (
                        f"{d:%m/%d/%Y}",
                        c.pick("c-1", "c-2", "c-3"),
                        c.pick("paid_search", "paid_social"),
                        f"{c.amount() / 20:.2f}",
                        "USD",
                        c.random.randrange(4, 80),
                        c.random.randrange(700, 8000),
                    )
                    for d in days
                ],
            ),
            "campaigns.csv": table(
                ("Campaign ID", "Campaign name", "Channel", "Start date", "End date"),
                [
                    (
                        f"c-{n}",
                        f"Spring {n}",
                        c.pick("paid_search", "paid_social"),
                        f"03/{n:02d}/2024",
                        "05/30/2024",
                    )
                    for n in range(1, 4)
                ],
            ),
            "web_traffic.csv": table(
                ("Date", "Channel", "Landing page", "Visitors", "Sessions", "Pageviews", "Bounces"),
                [
                    (
                        f"{d:%m/%d/%Y}",
                        c.pick("paid_search", "organic_search"),
                        c.pick("/", "/pricing"),
                        n + 40,
                        n + 50,
                        3 * n + 90,
                        n // 2,
                    )
                    for n, d in enumerate(days)
                ],
            ),
            "targets.csv": table(
                ("Metric", "Period start", "Period end", "Target"),
                [
                    ("mql", "03/01/2024", "03/31/2024", 40),
                    ("sql", "03/01/2024", "03/31/2024", 12),
                    ("mql", "04/01/2024", "04/30/2024", 45),
                ],
            ),
        },
        {
            "signups": {
                "lead_id": "leads.lead_id",
                "signup_date": "leads.created_at",
                "email": "leads.email",
                "channel": "leads.channel",
                "campaign_id": "leads.campaign_id",
            },
            "ad_spend": {
                "day": "costs.cost_date",
                "campaign_id": "costs.campaign_id",
                "channel": "costs.channel",
                "cost": "costs.amount",
                "currency_code": "costs.currency",
                "clicks": "costs.clicks",
                "impressions": "costs.impressions",
            },
            "campaigns": {
                "campaign_id": "campaigns.campaign_id",
                "campaign_name": "campaigns.name",
                "channel": "campaigns.channel",
                "start_date": "campaigns.start_date",
                "end_date": "campaigns.end_date",
            },
            "web_traffic": {
                "date": "web_traffic.traffic_date",
                "channel": "web_traffic.channel",
                "landing_page": "web_traffic.landing_page",
                "visitors": "web_traffic.visitors",
                "sessions": "web_traffic.sessions",
                "pageviews": "web_traffic.pageviews",
                "bounces": "web_traffic.bounces",
            },
            "targets": {
                "metric": "targets.metric",
                "period_start": "targets.period_start",
                "period_end": "targets.period_end",
                "target": "targets.target_value",
            },
        },
    )


def api_answer() -> Export:
    c = Company(14)
    answer = {
        "meta": {"page": 1, "total": 2},
        "data": {
            "contacts": [
                {
                    "uuid": f"p-{p['number']:08x}",
                    "createdAt": f"{p['at']:%Y-%m-%dT%H:%M:%S}Z",
                    "updatedAt": f"{c.later(p['at'], 2):%Y-%m-%dT%H:%M:%S}Z",
                    "emailAddress": p["email"],
                    "fullName": p["name"],
                    "company": {"name": p["company"], "industry": c.pick("Retail", "IT")},
                    "isTest": p["number"] == 5,
                }
                for p in c.leads
            ],
            "orders": [
                {
                    "orderNumber": f"o{p['number']}",
                    "contactUuid": f"p-{p['number']:08x}",
                    "orderedAt": f"{c.later(p['at'], 12):%Y-%m-%dT%H:%M:%S}Z",
                    "totalAmount": c.amount(),
                    "currency": "GBP",
                    "status": c.pick("paid", "refunded"),
                }
                for p in c.leads[::3]
            ],
        },
    }
    return Export(
        "api_answer",
        {"answer.json": json.dumps(answer).encode()},
        {
            "contacts": {
                "uuid": "leads.lead_id",
                "created_at": "leads.created_at",
                "updated_at": "leads.updated_at",
                "email_address": "leads.email",
                "full_name": "leads.name",
                "company_name": "leads.company_name",
                "company_industry": "leads.industry",
                "is_test": "leads.is_test",
            },
            "orders": {
                "order_number": "orders.order_id",
                "contact_uuid": "orders.lead_id|orders.customer_id",
                "ordered_at": "orders.ordered_at",
                "total_amount": "orders.amount",
                "currency": "orders.currency",
                "status": "orders.status",
            },
        },
    )


def spreadsheet() -> Export:
    c = Company(15)

    def days(moment: datetime) -> str:
        return f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.4f}"

    return Export(
        "spreadsheet",
        {
            "applicants 2024.csv": table(
                (
                    "Applicant no.",
                    "Applicant name",
                    "E-mail",
                    "Date received",
                    "Marketing channel",
                    "Assigned to",
                    "Rating",
                    "Notes",
                ),
                [
                    (
                        f"AP{p['number']}",
                        p["name"],
                        p["email"],
                        days(p["at"]),
                        c.pick("Google Ads", "Walk-in"),
                        c.pick("Cole", "Diaz"),
                        c.pick("Hot", "Cold"),
                        f"Asked about offer number {p['number']} and called back on the day after",
                    )
                    for p in c.leads
                ],
            ),
            "status log.csv": table(
                ("Applicant no.", "Changed on", "New status", "Changed by"),
                [
                    (f"AP{p['number']}", days(at), word, c.pick("Cole", "Diaz"))
                    for p, at, word in c.statuses(
                        ("New", "Contacted", "Qualified", "Proposal", "Won")
                    )
                ],
            ),
            "payments.csv": table(
                ("Payment ID", "Applicant no.", "Payment date", "Amount", "Refunded"),
                [
                    (
                        f"PM-{p['number']}",
                        f"AP{p['number']}",
                        days(c.later(p["at"], 30))[:5],
                        f"£{c.amount():,.2f}",
                        "£0.00",
                    )
                    for p in c.leads[4::5]
                ],
            ),
            "sales team.csv": table(
                ("Rep", "Name", "Position", "Team", "Start date"),
                [
                    ("Cole", "Cole Hart", "SDR", "North", "1/8/2023"),
                    ("Diaz", "Diaz Lima", "Account Executive", "South", "10/23/2023"),
                ],
            ),
        },
        {
            "applicants": {
                "applicant_no": "leads.lead_id",
                "applicant_name": "leads.name",
                "e_mail": "leads.email",
                "date_received": "leads.created_at",
                "marketing_channel": "leads.channel",
                "assigned_to": "leads.owner_rep_id",
                "rating": None,
                "notes": None,
            },
            "status_log": {
                "applicant_no": "lead_status_changes.lead_id",
                "changed_on": "lead_status_changes.changed_at",
                "new_status": "lead_status_changes.to_status",
                "changed_by": "lead_status_changes.changed_by_rep_id",
            },
            "payments": {
                "payment_id": "orders.order_id",
                "applicant_no": "orders.lead_id|orders.customer_id",
                "payment_date": "orders.ordered_at",
                "amount": "orders.amount",
                "refunded": "orders.refunded_amount",
            },
            "sales_team": {
                "rep": "reps.rep_id",
                "name": "reps.name",
                "position": "reps.role",
                "team": "reps.team",
                "start_date": "reps.valid_from",
            },
        },
    )


MAKERS: tuple[Callable[[], Export], ...] = (
    *(hubspot, salesforce, pipedrive, zoho, spanish, german, french, portuguese, italian),
    *(airbyte, fivetran, singer, marketing, api_answer, spreadsheet),
)
