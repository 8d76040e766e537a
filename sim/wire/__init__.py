"""The CARLA 0.9.16 wire protocol: codecs, and the table of every call."""
