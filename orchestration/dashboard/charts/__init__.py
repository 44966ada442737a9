"""The charts of the page, a module each: its query, its headline and its picture."""

from orchestration.dashboard.charts import (
    attrition,
    calibration,
    channels,
    conversion,
    funnel,
    inventory,
    pace,
    roi,
    sla,
    survival,
)

QUESTIONS = (
    pace.QUESTION,
    funnel.QUESTION,
    conversion.QUESTION,
    survival.QUESTION,
    attrition.QUESTION,
    sla.QUESTION,
    inventory.QUESTION,
    calibration.QUESTION,
    channels.QUESTION,
    roi.QUESTION,
)
"""In the order of the page."""
