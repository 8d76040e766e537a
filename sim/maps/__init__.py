"""OpenDRIVE files as arrays (RoadNetwork), and the static objects placed around the roads."""
