"""Checks the mapping of one source on its files, without a build and away from the warehouse."""

from orchestration.source_check.check import check_source
from orchestration.source_check.findings import SourceCheck

__all__ = ["SourceCheck", "check_source"]
