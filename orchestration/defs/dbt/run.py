"""One dbt process of a Dagster run, and what it tells Dagster."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, DbtCliResource, DbtProject
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration.build.child import ends_with_this_process
from orchestration.build.dbt import PARTIAL_PARSE, environment_of_dbt, vars_arguments
from orchestration.build.failure import describe_failure, unjudged_tests
from orchestration.defs.dbt.node_metadata import BuiltProject, described, known_lineage
from orchestration.defs.dbt.translator import FunnelTranslator
from orchestration.errors import FunnelError
from orchestration.settings import Settings


class BuildFailedError(FunnelError):
    """A model or a test failed."""


@dataclass(frozen=True)
class DbtRun:
    """The build of one Dagster run, in a target folder of its own, which stays where it fails."""

    project: DbtProject
    manifest: Mapping[str, Any]
    run_id: str
    work_database: Path

    @property
    def target(self) -> Path:
        """Folder of dbt's compiled code and results."""
        return self.project.project_dir / self.project.target_path / "runs" / self.run_id

    def build(
        self,
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        settings: Settings,
        *,
        full_refresh: bool,
    ) -> Iterator[Any]:
        """Run `dbt build` on what is selected; every event comes when dbt has closed the database.

        Raises:
            BuildFailedError: says which nodes failed and why, after the events of the others.
        """
        specs = [context.assets_def.get_asset_spec(key) for key in context.selected_asset_keys]
        lineage = known_lineage(context.instance, specs)
        self._make_target()
        arguments = [
            *("build", "--exclude-resource-type", "unit_test"),
            *vars_arguments(settings, self.project.project_dir),
            *(["--full-refresh"] if full_refresh else []),
        ]
        with environment_of_dbt(settings):
            events, failure = ended(dbt.cli(arguments, context=context, target_path=self.target))
        known = {
            spec.metadata["dagster_dbt/unique_id"]: lineage[spec.key]
            for spec in specs
            if spec.key in lineage
        }
        yield from described(
            verdicts(events, unjudged_tests(self.target)), self._built_project(), known, context.log
        )
        if failure:
            message = describe_failure(self.target, self.work_database, self.manifest)
            raise BuildFailedError(f"{message or failure}\nLog: {self.target / 'dbt.log'}")
        shutil.rmtree(self.target)

    def _built_project(self) -> BuiltProject:
        asset_key = FunnelTranslator().get_asset_key
        return BuiltProject(self.manifest, self.target, self.work_database, asset_key)

    def _make_target(self) -> None:
        # dbt parses again what changed since; a target of its own keeps the manifest as it is
        self.target.mkdir(parents=True, exist_ok=True)
        parsed = self.project.project_dir / self.project.target_path / PARTIAL_PARSE
        if parsed.is_file():
            shutil.copy(parsed, self.target)


def verdicts(events: Iterable[Any], unjudged: Collection[str]) -> list[Any]:
    """The events, without the checks of the tests that are `unjudged`, by their ids.

    dagster-dbt gives such a check as failed, as if rows had broken its rule. Without a result
    Dagster shows that its execution failed, and the run's error says why.
    """
    return [
        event
        for event in events
        if not isinstance(event, dg.AssetCheckResult)
        or event.metadata["unique_id"].value not in unjudged
    ]


def ended(invocation: DbtCliInvocation) -> tuple[list[Any], DagsterDbtCliRuntimeError | None]:
    """All events of a dbt process when it has ended, and its failure."""
    events = []
    try:
        with ends_with_this_process(invocation.process):
            for event in invocation.stream():
                events.append(event)  # noqa: PERF402  (what came before an error counts)
    except DagsterDbtCliRuntimeError as error:
        return events, error
    return events, None
