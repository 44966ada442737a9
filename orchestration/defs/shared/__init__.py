"""Shared parts of the definitions: the warehouse's writer, retries, switches, resources."""
