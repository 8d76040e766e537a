"""What actors of a scenario do, tick by tick: pure functions of the state, turned into carla commands by the director."""
