"""The sensor that reports failed runs."""
