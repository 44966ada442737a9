"""Translation of a dbt node into a Dagster asset."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.settings import project_time_zone

MARTS_DEADLINE = "0 6 * * *"
"""By when the marts must have been built this night, in the reporting time zone (cron)."""


class FunnelTranslator(DagsterDbtTranslator):
    """Groups by layer and subject, teams as owners, tests as checks, deadlines for the marts."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_code_references=True,
                enable_source_tests_as_checks=True,
            )
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder of a model, a level per layer and subject; one group for all seeds."""
        return group_of(dbt_resource_props["resource_type"], dbt_resource_props["fqn"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """The team that `meta.owner` names."""
        owner = dbt_resource_props.get("config", {}).get("meta", {}).get("owner")
        return [f"team:{owner}"] if owner else None

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The node's asset."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if not spec.key.path[-1].startswith("mart_"):
            return spec
        return spec.replace_attributes(freshness_policy=nightly_deadline(MARTS_DEADLINE))


def group_of(resource_type: str, fqn: Sequence[str]) -> str:
    """The group of a node: `reference`, a layer, or a layer and a subject as in `marts/sales`."""
    if resource_type == "seed":
        return "reference"
    if resource_type == "source":
        return "raw"
    layer, *inside = fqn[1:-1] or ["other"]
    return "/".join([layer, *inside[:1]]) if layer in {"intermediate", "marts"} else layer


@cache
def nightly_deadline(cron: str) -> dg.FreshnessPolicy:
    """Late where it was not made in the six hours before a moment of `cron`."""
    return dg.FreshnessPolicy.cron(
        deadline_cron=cron,
        lower_bound_delta=timedelta(hours=6),
        timezone=project_time_zone(),
    )
