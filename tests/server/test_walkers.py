"""People: led by the client's crowd, knocked over, dead; their bones; the navigation file that the unmodified client walks on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.base.phase import gait_advance_rad
from sim.catalogue.skeleton import BONE_ROW, JOINTS_ATTRIBUTE
from sim.server.errors import CallError
from sim.server.sensing.snapshot import SnapshotMaker
from sim.server.world import World
from sim.wire.detour import AREA_SIDEWALK, decode_navigation
from tests.benchmarks.walkers import measure
from tests.server.conftest import Calls
from tests.server.describe import description

_DELTA_S = 0.05
_HEIGHT_M = 1.65


@pytest.fixture
def walker(calls: Calls, world: World) -> int:
    pose = calls.get_map_info()[1][0]
    pose = [[pose[0][0], pose[0][1], 1.2], [0.0, 0.0, 0.0]]
    actor: int = calls.spawn_actor(description("walker.pedestrian.0001"), pose)[0]
    world.step()
    return actor


def _state(world: World, actor: int, ahead_m: float, speed_mps: float = 1.4, yaw_deg: float = 0.0) -> list[Any]:
    place = world.actors.position[world.row(actor)]
    return [[7, [actor, [[float(place[0]) + ahead_m, float(-place[1]), 0.0], [0.0, yaw_deg, 0.0]], speed_mps]]]


def test_a_led_walker_is_where_its_leader_wants_it(calls: Calls, world: World, walker: int) -> None:
    before = world.actors.position[world.row(walker)].copy()
    calls.set_actor_simulate_physics(walker, False)  # as the client does when a controller starts
    assert calls.raw("apply_batch", [_state(world, walker, 0.07)], False) == [[[1, walker]]]
    world.step()
    row = world.row(walker)
    assert world.actors.position[row] == pytest.approx(before + np.array([0.07, 0.0, 0.0]), abs=1e-6)
    assert world.actors.velocity[row, 0] == pytest.approx(0.07 / _DELTA_S, rel=1e-6)
    assert world.actors.records["walker_speed"][row] == pytest.approx(1.4)
    world.step()
    assert world.actors.velocity[row, 0] == pytest.approx(0.0, abs=1e-9), "no new order, no motion"


def test_a_far_order_puts_a_led_walker_there_without_speed(calls: Calls, world: World, walker: int) -> None:
    calls.apply_batch([_state(world, walker, 20.0)], False)
    world.step()
    assert np.abs(world.actors.velocity[world.row(walker)]).max() == pytest.approx(0.0)


def test_a_batch_with_one_bad_order_still_does_the_others(calls: Calls, world: World, walker: int) -> None:
    good, bad, unknown = (
        _state(world, walker, 0.05),
        _state(world, walker, float("nan")),
        [[7, [9999, [[0.0] * 3] * 2, 1.0]]],
    )
    results = calls.raw("apply_batch", [bad, unknown, good], False)
    assert [entry[0][0] for entry in results] == [0, 0, 1]
    world.step()
    assert world.actors.velocity[world.row(walker), 0] == pytest.approx(1.0, rel=1e-6)


def test_the_gait_goes_on_with_the_way_covered(calls: Calls, world: World, walker: int) -> None:
    calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.4, False])
    before = world.crowd.gait(walker)[1]
    for _ in range(10):
        world.step()
    advance = 10 * float(gait_advance_rad(1.4 * _DELTA_S, 1.4, _HEIGHT_M))
    assert world.crowd.gait(walker)[1] == pytest.approx((before + advance) % (2.0 * np.pi), abs=1e-6)


def test_one_who_is_knocked_over_falls_and_gets_up_again(calls: Calls, world: World, walker: int) -> None:
    world.crowd.pushed(world.crowd.row(walker), np.array([3.0, 0.0]), 0.0)
    heights = []
    for _ in range(60):
        world.step()
        heights.append(float(world.actors.position[world.row(walker), 2]))
    assert min(heights) < 0.5
    assert heights[-1] == pytest.approx(_HEIGHT_M / 2.0, abs=0.01)
    assert world.actors.rpy[world.row(walker), 1] == pytest.approx(0.0)
    calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.0, False])
    world.step()
    assert world.actors.velocity[world.row(walker), 0] == pytest.approx(1.0)


def test_the_dead_lie_and_obey_nobody(calls: Calls, world: World, walker: int) -> None:
    calls.set_actor_dead(walker)
    place = world.actors.position[world.row(walker)].copy()
    for _ in range(20):
        calls.apply_batch([_state(world, walker, 0.05)], False)
        world.step()
    row = world.row(walker)
    assert world.actors.position[row, :2] == pytest.approx(place[:2])
    assert world.actors.position[row, 2] < 0.4
    assert abs(world.actors.rpy[row, 1]) == pytest.approx(np.pi / 2.0)


def test_bones_move_with_the_actor_and_the_gait(calls: Calls, world: World, walker: int) -> None:
    bones = calls.get_bones_transform(walker)[0]
    assert [bone[0] for bone in bones] == calls.get_actor_bone_names(walker)
    pose = world.actors.position[world.row(walker)]
    foot = bones[BONE_ROW["crl_foot__L"]]
    assert foot[1][0][2] == pytest.approx(0.045 * _HEIGHT_M, abs=0.02)
    assert foot[1][0][1] < -pose[1], "CARLA's y points right, the left foot is on its other side"
    assert max(abs(angle) for angle in foot[3][1]) < 12.0, "who stands shifts the weight, but hardly turns a foot"
    calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.4, False])
    ahead = []
    for _ in range(20):
        world.step()
        place = calls.get_bones_transform(walker)[0][BONE_ROW["crl_foot__L"]]
        ahead.append(place[2][0][0])
        assert place[1][0][0] == pytest.approx(world.actors.position[world.row(walker), 0] + place[2][0][0], abs=1e-6)
    assert max(ahead) > 0.2
    assert min(ahead) < -0.2


def test_an_own_pose_shows_as_far_as_it_is_blended(calls: Calls, world: World, walker: int) -> None:
    names = calls.get_actor_bone_names(walker)
    arm, hand = names.index("crl_arm__L"), names.index("crl_hand__L")
    rest = calls.get_bones_transform(walker)[0]
    calls.set_bones_transform(walker, [[["crl_arm__L", [rest[arm][3][0], [90.0, 0.0, 0.0]]]]])
    assert calls.get_bones_transform(walker)[0] == rest, "not shown until it is blended in"
    calls.blend_pose(walker, 1.0)
    raised = calls.get_bones_transform(walker)[0]
    assert raised[hand][2][0][0] > rest[hand][2][0][0] + 0.3, "the arm points ahead"
    calls.blend_pose(walker, 0.5)
    half = calls.get_bones_transform(walker)[0][hand][2][0][2]
    assert rest[hand][2][0][2] < half < raised[hand][2][0][2]
    state = SnapshotMaker(world).take()
    assert JOINTS_ATTRIBUTE in state.actors[state.row_of(walker) or 0].attributes
    calls.blend_pose(walker, 0.0)
    state = SnapshotMaker(world).take()
    assert all(JOINTS_ATTRIBUTE not in actor.attributes for actor in state.actors)


def test_an_unknown_bone_is_refused(calls: Calls, walker: int) -> None:
    with pytest.raises(CallError, match="crl_root"):
        calls.world.crowd.poses.set_bones(walker, "walker.pedestrian.0001", [[["tail", [[0.0] * 3, [0.0] * 3]]]])


def test_the_navigation_file_is_named_by_what_it_follows_from(calls: Calls, world: World) -> None:
    (name,) = calls.get_required_files("Nav")
    assert calls.get_required_files("") == calls.get_required_files("TM") == []
    data = calls.request_file(name)
    assert data == calls.get_navigation_mesh()
    assert (decode_navigation(data).area == AREA_SIDEWALK).sum() > 100
    assert calls.raw("request_file", "../" + name)[0][0] == 0
    world.surroundings.statics.position_world_m[0] += 1.0
    try:
        assert type(world.navigation)(world.network, world.surroundings.statics, world.ground).file_name != name
    finally:
        world.surroundings.statics.position_world_m[0] -= 1.0


def test_walkers_of_the_unmodified_client_keep_to_the_pavements() -> None:
    figures = measure("town_quarter", Path(), walkers=12, seconds=20.0, crossing=0.0)
    assert figures["walkers"] == 12
    assert figures["pavement_percent"] + figures["crossing_percent"] > 99.0
    assert figures["off_mesh_percent"] == 0.0
    assert figures["mean_speed_mps"] > 0.9
    assert figures["height_above_ground_m"][0] > 0.5
    assert figures["height_above_ground_m"][1] < 1.0


@pytest.mark.slow
def test_the_clients_crowd_repeats_itself_with_a_seed() -> None:
    one, two, other = (measure("town_quarter", Path(), 12, 30.0, 0.3, seed)["sha256"] for seed in (1, 1, 2))
    assert one == two
    assert one != other
