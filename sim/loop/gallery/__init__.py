"""The gallery: scenes worth looking at under every kind of light, on contact sheets, with a sheet of labels."""
