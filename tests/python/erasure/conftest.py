"""Towns: a warehouse with five leads, built twice."""

import shutil
from pathlib import Path

import pytest
from town import build_town, write_town


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


@pytest.fixture
def town(built_town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to erase from."""
    for variable in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "FUNNEL_ERASURE_KEY"):
        monkeypatch.delenv(variable, raising=False)
    return Path(shutil.copytree(built_town, tmp_path / "project", symlinks=True))
