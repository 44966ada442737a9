"""Default status of schedules and sensors when a code location is first loaded."""

import dagster as dg

from orchestration.settings import load_settings


def is_production() -> bool:
    """True if FUNNEL_ENVIRONMENT says so."""
    return load_settings().environment == "production"


def schedule_status() -> dg.DefaultScheduleStatus:
    """On in production, off in development."""
    return dg.DefaultScheduleStatus.RUNNING if is_production() else dg.DefaultScheduleStatus.STOPPED


def sensor_status() -> dg.DefaultSensorStatus:
    """On in production, off in development."""
    return dg.DefaultSensorStatus.RUNNING if is_production() else dg.DefaultSensorStatus.STOPPED
