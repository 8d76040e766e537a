"""Lens models: their names, coefficients, and the vector of numbers that the compiled projection works on."""
