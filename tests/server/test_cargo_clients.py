"""Cargo through the real client: lost by a moving truck, and hit by the car behind, whose collision sensor tells of it."""

from __future__ import annotations

from typing import Any

import carla

from tests.server.running import running_server


def test_a_truck_loses_its_load_and_the_car_behind_hits_it() -> None:
    with running_server() as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(120.0)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
        world.apply_settings(settings)
        library, start = world.get_blueprint_library(), world.get_map().get_spawn_points()[0]
        ahead = start.get_forward_vector()
        there = carla.Transform(start.location + carla.Location(20.0 * ahead.x, 20.0 * ahead.y, 0.0), start.rotation)
        truck = world.spawn_actor(library.find("vehicle.tesla.cybertruck"), there)
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), start)
        on_deck = carla.Transform(carla.Location(-2.2, 0.0, 1.5))
        load = world.spawn_actor(library.find("static.prop.box03"), on_deck, attach_to=truck)
        sensor = world.spawn_actor(library.find("sensor.other.collision"), carla.Transform(), attach_to=car)
        hits: list[Any] = []
        sensor.listen(hits.append)
        for actor in (truck, car):
            actor.set_target_velocity(carla.Vector3D(10.0 * ahead.x, 10.0 * ahead.y, 0.0))
        for _ in range(5):
            world.tick()
        assert 1.0 < load.get_transform().location.z < 2.0, "fixed, it rides along"
        load.set_simulate_physics(True)
        truck.apply_control(carla.VehicleControl(throttle=1.0))
        for _ in range(30):
            world.tick()
        slid = truck.get_transform().location.distance(load.get_transform().location)
        # a bump throws it over the tailgate while the truck accelerates away below
        load.add_impulse(carla.Vector3D(0.0, 0.0, 12.0 * 9.0))
        for _ in range(160):
            world.tick()
        assert slid < truck.get_transform().location.distance(load.get_transform().location)
        lies = load.get_transform().location
        behind = carla.Location(lies.x - 12.0 * ahead.x, lies.y - 12.0 * ahead.y, start.location.z)
        car.set_transform(carla.Transform(behind, start.rotation))
        car.set_target_velocity(carla.Vector3D(20.0 * ahead.x, 20.0 * ahead.y, 0.0))
        for _ in range(30):
            world.tick()
        assert load.get_transform().location.z < 3.0
        assert any(hit.other_actor.id == load.id and hit.normal_impulse.length() > 10.0 for hit in hits)
        sensor.stop()  # a sensor that listens to a server that has ended may take the process with it
