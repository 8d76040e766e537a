"""Traffic lights, signs, and the rules that hold where a vehicle is."""
