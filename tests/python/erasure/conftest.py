"""Towns: a warehouse with five leads, built twice."""

import shutil
from pathlib import Path

import pytest
from town import ADA, build_town, settings_of, warehouse_of, write_town

from orchestration.build.erase import erase, find


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was built and published twice; only to be read."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "FUNNEL_ERASURE_KEY"):
            patch.delenv(variable, raising=False)
        project = write_town(tmp_path_factory.mktemp("town") / "project")
        build_town(project)
        build_town(project)
    return project


@pytest.fixture(scope="session")
def erased_town(built_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the town from which Ada was erased; only to be read."""
    project = tmp_path_factory.mktemp("erased") / "project"
    shutil.copytree(built_town, project, symlinks=True)
    warehouse = warehouse_of(project)
    (warehouse.root / "report.json").write_text(f'["ada-0001", "{ADA[1]}", "bob-0001"]')
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "FUNNEL_ERASURE_KEY"):
            patch.delenv(variable, raising=False)
        patch.setenv("DBT_LOG_LEVEL_FILE", "debug")
        person = find(settings_of(project), email=ADA[0].upper())
        erase(settings_of(project), person, project_dir=project, verbose=True, echo=said.append)
    (project / "logs" / "said.txt").write_text("\n".join(said))
    return project


@pytest.fixture
def town(built_town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to erase from."""
    for variable in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "FUNNEL_ERASURE_KEY"):
        monkeypatch.delenv(variable, raising=False)
    return Path(shutil.copytree(built_town, tmp_path / "project", symlinks=True))
