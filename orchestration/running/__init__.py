"""What the definitions in `orchestration/defs` are made of."""
