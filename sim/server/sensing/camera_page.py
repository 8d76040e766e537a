"""The page docs/cameras.md: what CARLA's cameras deliver here, and what each of their attributes does.

`python -m sim.server.sensing.camera_page` writes it; with `--check` it only compares, and exits 1 when the page is stale.
Tested by tests/server/test_camera_page.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sim.server.sensing.camera_attributes import ATTRIBUTES
from sim.server.sensing.gbuffers import OFFERED
from sim.wire.pages import markdown_table, write_or_check

PAGE = Path(__file__).resolve().parents[3] / "docs" / "cameras.md"
_COMMAND = "python -m sim.server.sensing.camera_page"

_KINDS = (
    ("sensor.camera.rgb", "the picture, B G R A; exposure, white, tone curve and gamma as below; shows debug shapes"),
    (
        "sensor.camera.depth",
        "distance along the optical axis, (R + 256 G + 65536 B) / 16777215 · 1000 m; the sky is 1000 m",
    ),
    ("sensor.camera.semantic_segmentation", "R is the tag of CARLA 0.9.16's CityObjectLabel"),
    (
        "sensor.camera.instance_segmentation",
        "R is the tag; G + 256 B are the low 16 bits of the actor's id, the environment object's id, or the road surface's number",
    ),
    ("sensor.camera.normals", "(n + 1) / 2 in CARLA's world axes, as since 0.9.16; before, CARLA's were in view space"),
    (
        "sensor.camera.optical_flow",
        "motion since this camera's previous image: x to the right in half widths, y upwards in half heights, each -2 to 2",
    ),
    (
        "sensor.camera.dvs",
        "13-byte events x, y, t in ns, polarity, sorted by time; nothing is sent for images without events",
    ),
    (
        "sensor.camera.cosmos_visualization",
        "lane lines, road edges, poles, signs, lights, vehicles and people in CARLA's colours on black, as the camera sees them; "
        "CARLA draws lines from the map and boxes",
    ),
    ("listen_to_gbuffer", OFFERED),
)
_INTRODUCTION = f"""# CARLA's cameras

Made by `{_COMMAND}`; do not edit. All cameras are ideal: of one instant, without noise, every label from each pixel's centre
ray. Cameras with equal rays and pose share one render in a tick, so a depth camera beside an RGB camera costs little. A camera
attached by SpringArm or SpringArmGhost is attached rigidly. `sensor.camera.cosmos_visualization` is not offered. Cameras of
real lenses and sensors are in the package `sensors`, on the client's side.
"""


def page() -> str:
    """The whole page as Markdown."""
    kinds = markdown_table(("camera", "what it delivers"), [(f"`{name}`", text) for name, text in _KINDS])
    honoured = [(f"`{name}`", effect.how) for name, effect in ATTRIBUTES.items() if effect.honoured]
    without = [(f"`{name}`", effect.how) for name, effect in ATTRIBUTES.items() if not effect.honoured]
    return "\n".join(
        [
            _INTRODUCTION,
            kinds,
            "\n## Attributes that act\n",
            markdown_table(("attribute", "effect"), honoured),
            "\n## Attributes that are accepted without effect\n",
            markdown_table(("attribute", "why"), without),
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or compare it; the exit code."""
    return write_or_check(PAGE, page(), _COMMAND, arguments)


if __name__ == "__main__":
    sys.exit(main())
