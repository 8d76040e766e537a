"""How light becomes numbers: lenses, shutters, photons, read-out, exposure control, image signal processing."""
