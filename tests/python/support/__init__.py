"""Helpers of tests in several folders; what serves one folder alone lies there."""
