"""The audits, the release, and its copy in PostgreSQL."""
