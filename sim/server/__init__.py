"""The embedded CARLA server: a process of its own, reached over the wire only."""
