"""A built warehouse, its tables, and the reference for the same landing folder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
from reference_funnel import Key, ReferenceFunnel, surrogate

from orchestration.audit import Boundary, planned_checks
from orchestration.build.build import BuildReport, build
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

T = TypeVar("T")


@dataclass(frozen=True)
class Built:
    """A landing folder and the warehouse that was built from it, as of a given moment or not."""

    landing: Path
    warehouse: Warehouse
    given_as_of: datetime | None = None

    @cached_property
    def known_leads(self) -> list[dict[str, Any]]:
        """The leads that landed, and those that only a merge names and that went to a person."""
        leads = self.rows("intermediate.int_lead_persons")
        return [row for row in leads if row["disposition"] != "not_landed"]

    @cached_property
    def recorded(self) -> set[tuple[str, str]]:
        """The stages that a source system records, as (system, stage)."""
        return {
            (row["source_system"], row["subject"].removeprefix("stage_"))
            for row in self.rows("core.dim_recording")
            if row["is_recorded"] and row["subject"].startswith("stage_")
        }

    def table(self, name: str) -> pd.DataFrame:
        """A table as a data frame; `name` has the schema."""
        return self._relation(name, lambda relation: relation.df())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table as Python values, null as None."""

        def fetch(relation: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

        return self._relation(name, fetch)

    def _relation(self, name: str, use: Callable[[duckdb.DuckDBPyRelation], T]) -> T:
        is_published = name.startswith(("core.", "marts."))
        database = self.warehouse.current_database if is_published else self.warehouse.work_database
        with duckdb.connect(str(database), read_only=True) as connection:
            return use(connection.table(name))

    @cached_property
    def as_of(self) -> datetime:
        """The latest moment that the warehouse speaks for."""
        (row,) = self.rows("intermediate.int_as_of")
        moment: datetime = row["as_of"]
        return moment

    @cached_property
    def reference(self) -> ReferenceFunnel:
        """The reference for the same landing folder; the scores are the warehouse's own."""
        leads = [(row["source_system"], row["lead_id"]) for row in self.rows("core.dim_leads")]
        named = {surrogate(*lead): lead for lead in leads}
        by_score = {
            row["rule_key"] for row in self.rows("reference.mql_rules") if row["trigger"] == "score"
        }
        scored: list[tuple[Key, str, datetime, Key]] = [
            (
                named[row["person_key"]],
                row["rule_key"],
                row["occurred_at"],
                (row["source_system"], row["activity_id"]),
            )
            for row in self.rows("intermediate.int_mql_rule_events")
            if row["rule_key"] in by_score
        ]
        return ReferenceFunnel(self.landing, self.given_as_of, scored)


def build_odd(settings: Settings, **options: Any) -> BuildReport:
    """Build a company that is odd on purpose: whatever the audit finds is as it should be."""
    checks = [
        check.name for boundary in Boundary for check in planned_checks(boundary, settings.sources)
    ]
    return build(settings, accepted=checks, **options)
