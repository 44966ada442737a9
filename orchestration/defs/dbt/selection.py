"""Test of whether a partial build leaves the work database as tested as a full one."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import dagster as dg
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY


def is_whole(
    context: dg.AssetExecutionContext, manifest: Mapping[str, Any], *, was_tested: bool
) -> bool:
    """True if what this step built passed every test, and nothing beside it is out of date.

    A part counts where the rest `was_tested` and is not made from it.
    """
    built = context.assets_def
    if not _checks_of(built, context.selected_asset_keys) <= context.selected_asset_check_keys:
        return False
    if context.selected_asset_keys == set(built.node_keys_by_output_name.values()):
        return True
    selected = {
        built.get_asset_spec(key).metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]
        for key in context.selected_asset_keys
    }
    return was_tested and is_closed(selected, manifest["child_map"])


def is_closed(selected: Set[str], child_map: Mapping[str, Sequence[str]]) -> bool:
    """True if every model made from a selected node is selected too."""
    return all(
        child in selected
        for node in selected
        for child in child_map.get(node, ())
        if child.startswith("model.")
    )


def _checks_of(built: dg.AssetsDefinition, keys: Set[dg.AssetKey]) -> set[dg.AssetCheckKey]:
    return {
        spec.key
        for spec in built.node_check_specs_by_output_name.values()
        if spec.asset_key in keys
    }
