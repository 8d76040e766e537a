"""The embedded server as a child: its command, its options, and what is told when it does not come up."""

from pathlib import Path

import pytest

from sim.base.errors import ServerStartError
from sim.loop.server_process import ServerProcess, server_command
from sim.wire.rpc import RpcConnection


def speed_mm_per_s(*options: str) -> int:
    """What a car that accelerates for a second reaches."""
    process = ServerProcess("town_quarter", options=options)
    try:
        with RpcConnection("127.0.0.1", process.rpc_port) as rpc:
            settings = [True, False, [True, 0.05], True, 0.01, 10]
            rpc.call("set_episode_settings", settings)
            description = [0, "vehicle.tesla.model3", []]
            actor = rpc.call("spawn_actor", description, [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])[0]
            rpc.call("apply_control_to_vehicle", actor, [1.0, 0.0, 0.0, False, False, False, 0])
            for _ in range(20):
                rpc.call("tick_cue")
            return round(1000.0 * rpc.call("get_telemetry_data", actor)[0])
    finally:
        process.stop()


def test_options_reach_the_server() -> None:
    assert speed_mm_per_s() > 0
    assert speed_mm_per_s("--empty") == 0


def test_relative_folders_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIM_MAPS", "theirs")
    command = server_command("town_quarter", [Path("mine")])
    assert command[-4:] == ["--maps", str(tmp_path / "mine"), "--maps", str(tmp_path / "theirs")]


def test_a_server_that_does_not_come_up_says_why() -> None:
    with pytest.raises(ServerStartError, match="town_quarter"):
        ServerProcess("town_quartre")
