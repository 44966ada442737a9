from pathlib import Path

import pytest
from simulated import COMPANY

from simulator import simulate


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The landing folder of a company of middling size."""
    out = tmp_path_factory.mktemp("company")
    simulate(COMPANY, out)
    return out
