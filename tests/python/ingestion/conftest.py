"""Fixtures of the loader's tests."""

from pathlib import Path

import pytest
from support.loader_trial import Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    (tmp_path / "landing").mkdir()
    return Trial(tmp_path)
