"""A believable company in the contract's shape, with the truth beside it."""

from orchestration.simulator.config import SimulationConfig, SimulationConfigError
from orchestration.simulator.simulation import SimulationSummary, simulate

__all__ = ["SimulationConfig", "SimulationConfigError", "SimulationSummary", "simulate"]
