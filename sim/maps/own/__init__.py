"""The project's own maps: `python -m sim.maps.own` writes the .xodr files of this folder (needs scenariogeneration)."""
