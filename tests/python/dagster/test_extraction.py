"""The load assets pull what lies elsewhere before they load it."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.warehouse.paths import Warehouse


def test_what_lies_elsewhere_is_pulled_and_loaded(
    code_location: dg.Definitions,
    tiny_landing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FUNNEL_LANDING", tiny_landing.as_uri())
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(tmp_path / "warehouse"))
    job = dg.define_asset_job("trial", selection=dg.AssetSelection.groups("raw"))
    location = dg.Definitions.merge(code_location, dg.Definitions(jobs=[job]))
    result = location.resolve_job_def("trial").execute_in_process()
    [leads] = [
        event.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(["files", "leads"])
    ]
    assert leads.metadata["dagster/row_count"].value >= 300
    assert (Warehouse(tmp_path / "warehouse").root / "landing" / "leads").is_dir()
