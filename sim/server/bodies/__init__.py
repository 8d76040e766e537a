"""What touches what: contacts between vehicles, people, objects and the map."""
