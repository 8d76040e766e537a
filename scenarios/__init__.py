"""What happens: scenarios from YAML to concrete events, played through the carla API."""
