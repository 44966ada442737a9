"""`funnel doctor`: looks at a warehouse and its surroundings, changes nothing, names the fix.

A check is a function that gives findings; a new one is added to a list in `examination.py`.
"""

from orchestration.doctor.examination import CHECKS, WORK_DATABASE_CHECKS, examine
from orchestration.doctor.finding import Finding, Level, Subject

__all__ = ["CHECKS", "WORK_DATABASE_CHECKS", "Finding", "Level", "Subject", "examine"]
