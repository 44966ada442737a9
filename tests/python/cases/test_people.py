"""People, merges, shared addresses, and references that find nothing, in small landings."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed_cases import land_cases

from orchestration.audit.gate import AuditError
from orchestration.build.notices import build_notices
from orchestration.warehouse.paths import Warehouse

CASES = (
    "salesforce_15_and_18_characters",
    "merge_loser_not_in_export",
    "shared_mailbox",
    "plus_addressing",
    "origin_overwritten_by_duplicate",
    "credit_of_one_account",
)
VARIANTS = {
    "leads": """source_system,lead_id,created_at,email,name,channel,origin_owner,account_id
many,n1,2024-02-01 09:00,all@many.example,Ana,web,,
many,n2,2024-02-01 09:00,all@many.example,Leo,web,,
many,n3,2024-02-01 09:00,all@many.example,Eva,web,,
many,n4,2024-02-01 09:00,all@many.example,Max,web,,
many,n5,2024-02-01 09:00,all@many.example,Sol,web,,
many,n6,2024-02-01 09:00,all@many.example,Pau,web,,
many,n7,2024-02-01 09:00,ana@many.example,Ana,web,,
many,n8,2024-02-02 09:00,ANA@many.example,Ana P.,web,,
many,t1,2024-02-03 09:00,Ventas+feria@uno.example,,web,,
many,t2,2024-02-03 09:00,ventas@uno.example,,web,,
gone,k1,2024-02-01 09:00,k1@gone.example,,web,,
gone,k2,2024-02-02 09:00,k2@gone.example,,web,,
won,w1,2024-02-01 09:00,w@won.example,,facebook,marketing,
won,w2,2024-02-02 09:00,w@won.example,,crm,sdr,
zeros,7,2024-02-02 09:00,z@zeros.example,,web,,
firms,f1,2024-02-01 09:00,f1@acme.example,Ana,web,,A
firms,f2,2024-02-02 09:00,f2@acme.example,Leo,web,,
firms,f3,2024-02-03 09:00,f3@twice.example,Eva,web,,
firms,f4,2024-02-04 09:00,f4@gmail.com,Max,web,,
firms,f5,2024-02-05 09:00,f5@acme.example,Sol,web,,B
firms,f6,2024-02-06 09:00,f5@acme.example,Sol,web,,A
firms,f7,2024-02-07 09:00,f7@nowhere.example,Pau,web,,
""",
    "lead_merges": """source_system,event_id,loser_lead_id,survivor_lead_id,merged_at
gone,g1,k1,knew,2024-03-01 09:00
gone,g2,k2,knew,2024-03-01 09:00
gone,g3,kold,k1,2024-02-05 09:00
""",
    "lead_status_changes": """source_system,event_id,lead_id,changed_at,to_status
gone,s1,kold,2024-02-20 09:00,mql
gone,s2,knew,2024-03-10 09:00,sql
gone,s3,nobody,2024-03-10 09:00,sql
zeros,s4,007,2024-03-10 09:00,sql
zeros,s5,7.0,2024-03-10 09:00,sql
""",
    "activities": """source_system,activity_id,lead_id,email,visitor_id,activity_type,occurred_at
forms,a1,, Ana@Many.example,v1,form_submission,2024-02-10 09:00
forms,a2,,stranger@many.example,,form_submission,2024-02-10 09:00
forms,a3,,all@many.example,,form_submission,2024-02-10 09:00
forms,a4,,,v1,page_view,2024-02-09 09:00
forms,a5,,mailto:knew@gone.example,,form_submission,2024-02-10 09:00
""",
    "accounts": """source_system,account_id,name,domain,industry,employee_count,parent_account_id
firms,A,Acme,https://www.Acme.example/home,tools,60,B
firms,B,Beta,,food,,A
firms,T1,Twice One,twice.example,,,
firms,T2,Twice Two,twice.example,,,T2
firms,Q,Quiet,,,5,gone
""",
    "opportunities": """\
source_system,opportunity_id,lead_id,created_at,stage,closed_at,is_won,account_id
won,o1,w2,2024-03-01 09:00,Closed Won,2024-03-09 09:00,true,
firms,d1,f2,2024-03-02 09:00,Closed Won,2024-03-12,true,
firms,d2,f1,2024-03-03 09:00,Open,,,B
firms,d3,f7,2024-03-04 09:00,Open,,,
""",
}


def land(landing: Path) -> None:
    land_cases(landing, *CASES)
    for table, text in VARIANTS.items():
        (landing / table).mkdir(exist_ok=True)
        (landing / table / "variants.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def people(
    landed: Callable[..., Path], built_warehouse: Callable[..., Warehouse]
) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a query on the work database of all cases; Salesforce's ids are declared."""
    database = built_warehouse(
        "people",
        landed("people_landing", land),
        "files",
        formats={"files": {"id_format": "salesforce"}},
    ).work_database

    def rows(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    rows.notices = build_notices(database)  # type: ignore[attr-defined]
    return rows


def test_ids_of_salesforce_are_one_id_in_both_lengths(people: Any) -> None:
    system = "salesforce_15_and_18_characters"
    assert people(
        f"""
        select count(mql_observed_at), count(sql_observed_at), count(customer_observed_at)
        from core.fct_lead_cycles where source_system = '{system}'
        """
    ) == [(120, 120, 30)]
    assert people(
        f"select sum(unmatched_rows) from marts.mart_references where source_system = '{system}'"
    ) == [(0,)]


def test_without_a_declaration_the_build_stops_and_names_the_remedy(
    tmp_path: Path, build_warehouse: Callable[..., Warehouse]
) -> None:
    landing = tmp_path / "landing"
    land_cases(landing, "salesforce_15_and_18_characters")
    with pytest.raises(AuditError) as stopped:
        build_warehouse(landing, tmp_path / "warehouse", "files", with_tests=False)
    message = str(stopped.value)
    assert "marts.mart_references.unmatched_share.leads" in message
    assert "240 of 240" in message
    assert "id_format: salesforce" in message
    assert "lead_status_changes/salesforce_15_and_18_characters_1.csv row" in message


def test_a_loser_that_was_never_landed_leaves_its_history_to_the_survivor(people: Any) -> None:
    assert people(
        """
        select lead_id, strftime(mql_observed_at, '%d %b'), strftime(sql_observed_at, '%d %b'),
            strftime(customers.converted_at, '%d %b'), customers.revenue_amount
        from core.fct_lead_cycles as cycles
        inner join core.dim_leads as leads on leads.lead_key = cycles.person_key
        left join core.fct_new_customers as customers on customers.person_key = cycles.person_key
        where leads.source_system = 'merge_loser_not_in_export' and lead_id = 'b16'
        """
    ) == [("b16", "12 Apr", "15 Apr", "25 Apr", 5000)]
    # both leads became one that nobody landed, and a third was merged away long before
    assert people(
        """
        select
            leads.lead_id,
            strftime(mql_observed_at, '%d %b'),
            strftime(sql_observed_at, '%d %b'),
            persons.lead_count
        from core.fct_lead_cycles as cycles
        inner join core.dim_leads as leads on leads.lead_key = cycles.person_key
        inner join core.dim_persons as persons on persons.person_key = cycles.person_key
        where leads.source_system = 'gone'
        """
    ) == [("k1", "20 Feb", "10 Mar", 2)]


def test_shared_mailboxes_identify_nobody(people: Any) -> None:
    assert people(
        """
        select lead_id, current_stage from core.dim_leads
        inner join core.dim_persons using (person_key)
        where dim_leads.source_system = 'shared_mailbox' and lead_id like 'b%' order by 1
        """
    ) == [("b05", "mql"), ("b06", "disqualified")]
    # six names share one address; two spellings of one name are one person; a role with a tag
    assert people(
        "select count(distinct person_key) from core.dim_leads where source_system = 'many'"
    ) == [(9,)]
    assert [line for line in people.notices if "identify nobody" in line] == [
        f"E-mail addresses that identify nobody ({kind}): 1, of {leads} leads (select * from "
        f"intermediate.int_shared_addresses where kind = '{kind}'; see "
        "seeds/shared_mailboxes.csv and identity_max_names_by_email)"
        for kind, leads in (("many_names", 6), ("role", 2))
    ]


def test_a_tag_makes_another_address_unless_told_otherwise(people: Any) -> None:
    assert people(
        "select count(distinct person_key) from core.dim_leads "
        "where source_system = 'plus_addressing' and lead_id in ('b03', 'b04')"
    ) == [(2,)]


def test_a_duplicate_does_not_overwrite_the_origin(people: Any) -> None:
    assert people(
        """
        select count(*) filter (origin_owner = 'marketing'), count(*) from core.fct_new_customers
        where source_system = 'origin_overwritten_by_duplicate'
        """
    ) == [(5, 5)]


def test_a_customer_came_by_the_record_that_was_won(people: Any) -> None:
    assert people(
        """
        select customers.channel from core.fct_new_customers as customers
        inner join core.dim_leads as leads using (person_key)
        where leads.source_system = 'credit_of_one_account' and leads.lead_id = 'A1'
        """
    ) == [("facebook",)]
    assert people(
        """
        select persons.channel, persons.origin_owner, customers.channel, customers.origin_owner
        from core.fct_new_customers as customers
        inner join core.dim_persons as persons using (person_key)
        where persons.source_system = 'won'
        """
    ) == [("facebook", "marketing", "crm", "sdr")]


def test_leads_find_their_account_by_link_then_by_domain_and_say_why_not(people: Any) -> None:
    assert people(
        """
        select match_rule, match_strength, lead_count
        from marts.mart_account_matches where source_system = 'firms' order by 1
        """
    ) == [
        ("email_domain", "weak", 1),
        ("free_mail", "none", 1),
        ("link", "strong", 3),
        ("shared_domain", "none", 1),
        ("unknown_domain", "none", 1),
    ]
    assert people(
        """
        select account_id, domain_kind, account_count
        from marts.mart_shared_account_domains order by account_id
        """
    ) == [("T1", "shared", 2), ("T2", "shared", 2)]


def test_a_person_of_two_accounts_counts_for_one(people: Any) -> None:
    assert people(
        """
        select accounts.account_id, leads.lead_id, bridge.match_strength, bridge.is_primary
        from core.bridge_account_persons as bridge
        inner join core.dim_accounts as accounts using (account_key)
        inner join core.dim_leads as leads on bridge.person_key = leads.lead_key
        order by 1, 2
        """
    ) == [
        ("A", "f1", "strong", True),
        ("A", "f2", "weak", True),
        ("A", "f5", "strong", False),
        ("B", "f5", "strong", True),
    ]


def test_accounts_keep_their_parent_as_a_key(people: Any) -> None:
    assert people(
        """
        select accounts.account_id, parents.account_id, accounts.size_band
        from core.dim_accounts as accounts
        left join core.dim_accounts as parents
            on accounts.parent_account_key = parents.account_key
        order by 1
        """
    ) == [
        ("A", "B", "50-249"),
        ("B", "A", "unassigned"),
        ("Q", None, "1-9"),
        ("T1", None, "unassigned"),
        ("T2", None, "unassigned"),
    ]


def test_account_funnel_is_that_of_the_landed_deals(people: Any) -> None:
    """Worked out anew from the landed text: deals by link, else by the account of their lead."""
    lead_accounts = {"f1": "A", "f2": "A", "f5": "B"}
    opened: dict[str, str] = {}
    won: dict[str, str] = {}
    for deal in csv.DictReader(io.StringIO(VARIANTS["opportunities"])):
        account = deal["account_id"] or lead_accounts.get(deal["lead_id"])
        if account:
            opened[account] = min(deal["created_at"], opened.get(account, "9999"))
            if deal["is_won"] == "true":
                won[account] = min(deal["closed_at"], won.get(account, "9999"))
    found = people(
        """
        select
            accounts.account_id,
            stages.account_stage,
            strftime(stages.entered_at, '%Y-%m-%d'),
            stages.moment_precision
        from core.fct_account_stages as stages
        inner join core.dim_accounts as accounts using (account_key)
        where stages.entered_at is not null and stages.account_stage in ('open_deal', 'customer')
        order by 1, stages.ordinal
        """
    )
    assert {(a, day) for a, stage, day, _ in found if stage == "open_deal"} == {
        (a, at[:10]) for a, at in opened.items()
    }
    assert {(a, day) for a, stage, day, _ in found if stage == "customer"} == {
        (a, at[:10]) for a, at in won.items()
    }
    assert [row[3] for row in found] == ["exact", "day", "exact"]


def test_buying_group_of_an_open_deal(people: Any) -> None:
    """d2 names B and a person of A: both stand behind it; d3 has no account."""
    assert people(
        """
        select deals.opportunity_id, groups.match_rule, groups.person_count
        from marts.mart_buying_groups as groups
        inner join core.fct_opportunities as deals using (opportunity_key)
        where deals.source_system = 'firms'
        """
    ) == [("d2", "link", 2)]


def test_references_that_find_nothing_are_counted_and_told(people: Any) -> None:
    assert people(
        """
        select source_system, reference_rows, unmatched_rows, likely_cause
        from marts.mart_references
        where reference = 'lead_id' and contract_table = 'lead_status_changes'
            and unmatched_rows > 0
        order by 1
        """
    ) == [("gone", 3, 1, None), ("zeros", 2, 2, "spelling")]
    assert (
        "2 of 2 lead_id of lead_status_changes of zeros name none of its leads, for example "
        "lead_status_changes/variants.csv row 4; the ids differ in capitals, leading zeros or a "
        "final .0 alone (select * from marts.mart_references)"
    ) in people.notices


def test_activities_without_a_lead_are_of_the_lead_of_their_address(people: Any) -> None:
    assert people(
        """
        select activity_id, leads.lead_id, activities.lead_disposition
        from core.fct_activities as activities
        left join core.dim_leads as leads on activities.person_key = leads.lead_key
        where activities.source_system = 'forms'
        order by 1
        """
    ) == [
        ("a1", "n7", "survivor"),
        ("a2", None, "unknown_lead"),
        ("a3", None, "unknown_lead"),
        ("a4", None, "visitor"),
        ("a5", None, "unknown_lead"),
    ]
    # what the visitor did before is hers too
    assert people(
        """
        select visited.person_key = activities.person_key
        from core.fct_activities as activities
        inner join intermediate.int_activities as earlier on earlier.activity_id = 'a4'
        inner join intermediate.int_visitor_activities as visited
            on visited.activity_key = md5(earlier.source_system || '|' || earlier.activity_id)
        where activities.activity_id = 'a1'
        """
    ) == [(True,)]
    assert people(
        """
        select source_system, refers_to, reference_rows, matched_rows, unmatched_rows
        from marts.mart_references
        where contract_table = 'activities' and reference = 'email'
        """
    ) == [("forms", "lead_addresses", 4, 1, 3)]
    assert (
        "3 of 4 email of activities of forms name none of its lead addresses, for example "
        "activities/variants.csv row 2 (select * from marts.mart_references)"
    ) in people.notices


def test_undeclared_campaigns_and_reps_show_their_id(people: Any) -> None:
    assert people(
        "select campaign_name from core.dim_campaigns where not is_declared order by 1"
    ) == [("camp_fb",), ("k1",), ("k2",), ("k9",)]
    assert people("select rep_name from core.dim_reps where not is_declared order by 1") == [
        ("r1",),
        ("r2",),
    ]
