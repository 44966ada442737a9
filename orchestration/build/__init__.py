"""The build: load, audit, transform, test and publish, under the warehouse's lock."""
