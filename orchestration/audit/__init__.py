"""The gate at the boundaries: landed tables before they are built on, marts before they are read.

Figures are measured by DuckDB (`measurement`), one scan per raw table, and judged by Great
Expectations (`judgement`) against limits that are data (`thresholds.yml`). Great Expectations sees
figures only: no row, and so no person, ever reaches it or its Data Docs.
"""

from orchestration.audit.checks import ThresholdsError, planned_checks, read_thresholds
from orchestration.audit.outcomes import AuditReport, Outcome
from orchestration.audit.thresholds import Boundary, Severity, Threshold

__all__ = [
    "AuditReport",
    "Boundary",
    "Outcome",
    "Severity",
    "Threshold",
    "ThresholdsError",
    "planned_checks",
    "read_thresholds",
]
