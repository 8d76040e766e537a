"""Layouts on the wire: world frames, tokens and Response wrappers, against the protocol's offsets written out by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim.wire import observer, response, token


def test_a_record_has_the_fields_where_the_protocol_puts_them() -> None:
    kinematics = tuple(float(value) for value in range(15))
    vehicle = struct.pack("<IB15f", 7, 1, *kinematics) + struct.pack(
        "<3f3BifBBIB", 0.5, -0.25, 0.125, 1, 0, 1, -1, 50.0, 2, 1, 99, 0
    )
    light = struct.pack("<IB15f", 8, 1, *kinematics) + struct.pack("<32s4fIBB", b"signal", 10.0, 3.0, 2.0, 1.5, 4, 1, 2)
    header = struct.pack("<QQd6f", 17, 42, 2.1, *(0.0,) * 6) + struct.pack("<Qdf3iI", 3, 2.1, 0.05, 0, 0, 0, 1)
    frame = observer.decode(header + vehicle.ljust(119, b"\0") + light.ljust(119, b"\0"))
    assert (frame.frame, frame.episode_id, frame.flags) == (42, 3, observer.FLAG_MAP_CHANGE)
    car, lamp = frame.records
    assert car["location"].tolist() == [0.0, 1.0, 2.0]
    assert car["acceleration"].tolist() == [12.0, 13.0, 14.0]
    assert (car["throttle"], car["steer"], car["brake"]) == (0.5, -0.25, 0.125)
    assert (car["hand_brake"], car["reverse"], car["manual_gear_shift"], car["gear"]) == (1, 0, 1, -1)
    assert (car["speed_limit_kmh"], car["at_light_state"], car["has_traffic_light"], car["traffic_light_id"]) == (
        50,
        2,
        1,
        99,
    )
    assert lamp["signal_id"] == b"signal"
    assert (lamp["green_time_s"], lamp["yellow_time_s"], lamp["red_time_s"], lamp["elapsed_time_s"]) == (10, 3, 2, 1.5)
    assert (lamp["pole_index"], lamp["frozen"], lamp["light_state"]) == (4, 1, 2)


@pytest.mark.parametrize("size", [0, 83, 85, 84 + 118])
def test_a_frame_of_the_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="world frame"):
        observer.decode(bytes(size))


def test_another_sensors_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="sensor type 13"):
        observer.decode(struct.pack("<Q", 13) + bytes(76))


def test_the_record_dtype_is_packed() -> None:
    assert observer.RECORD.itemsize == 119
    assert observer.HEADER.itemsize == 84
    assert np.zeros(3, observer.RECORD).nbytes == 357


def test_tokens_round_trip() -> None:
    made = token.make_token(5, 2001)
    assert len(made) == token.TOKEN_BYTES
    assert token.parse_token(made)[:4] == (5, 2001, 1, 0)
    with pytest.raises(ValueError, match="24"):
        token.parse_token(b"short")


def test_wrappers_and_their_opposite() -> None:
    assert response.unwrap(response.success([1, 2])) == [1, 2]
    assert response.unwrap(response.success(False)) is False
    assert response.unwrap(response.SUCCESS_VOID) is None
    for wrong in (response.failure("no"), response.failure_void("no")):
        with pytest.raises(response.ResponseError, match="no"):
            response.unwrap(wrong)
    batch = [[[1, 7]], [[0, ["no"]]]]
    assert response.unwrap(batch) == batch
