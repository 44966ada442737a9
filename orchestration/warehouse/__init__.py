"""The warehouse folder: its paths, its writer's lock, and the state of the work database."""
