"""What the definitions share: the writer of the warehouse, retries, switches, resources."""
