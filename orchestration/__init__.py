"""The open lead-funnel warehouse: load, build, publish."""
