"""How vehicles move: parameters, controls, powertrain, tyres."""
