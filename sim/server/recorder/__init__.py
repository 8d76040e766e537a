"""CARLA's recorder: what a server writes down each tick, what it tells about a file, and playing a file again."""
