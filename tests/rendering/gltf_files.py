"""Small glTF files in closed form: a car of boxes and cylinders, as a modelling tool would export it (y up, z forward)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

trimesh = pytest.importorskip("trimesh")

LENGTH_M, WIDTH_M, HEIGHT_M, WHEEL_M = 4.69, 2.09, 1.44, 0.33
"""About the Tesla Model 3's box; tests that need it to the centimetre say fit."""


def material(name, color=(0.8, 0.8, 0.8, 1.0), metallic=0.0, roughness=0.5, **more):
    """A physically based material; `color` is linear."""
    return trimesh.visual.material.PBRMaterial(
        name=name, baseColorFactor=list(color), metallicFactor=metallic, roughnessFactor=roughness, **more
    )


def block(center, size, look, uv=None):
    """A box in glTF's axes."""
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(center)
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=look)
    return mesh


def wheel(look, spoke):
    """A tyre about x (glTF's sideways axis) and one bright bar across half of its outer face, so that its turning is seen."""
    tyre = trimesh.creation.cylinder(WHEEL_M, 0.2, sections=48)
    tyre.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (0, 1, 0)))
    tyre.visual = trimesh.visual.TextureVisuals(material=look)
    return tyre, block((0.0, 0.15, 0.0), (0.26, 0.2, 0.1), spoke)


def car(size=(WIDTH_M, HEIGHT_M, LENGTH_M), color=(0.05, 0.20, 0.60, 1.0), lift=0.0):
    """A scene: a body between its wheels, one pane, a tail lamp, four wheels with a bar each; nodes carry a modeller's names."""
    width, height, length = size
    scene = trimesh.Scene()
    tyre, bar = wheel(material("Rubber", (0.02, 0.02, 0.02, 1.0)), material("Bar", (0.9, 0.05, 0.05, 1.0)))
    low = 0.25
    scene.add_geometry(
        block((0, (low + height) / 2, 0), (width - 0.1, height - low, length - 0.04), material("Body", color)),
        node_name="shell",
    )
    pane = block((0, 0.8 * height, length / 2 - 0.001), (1.2, 0.3, 0.002), material("Pane"))
    scene.add_geometry(pane, node_name="glass_front")
    lamp = block((0, 0.6, -length / 2 + 0.001), (0.8, 0.1, 0.002), material("Lens", (0.3, 0.01, 0.01, 1.0)))
    scene.add_geometry(lamp, node_name="brake_light")
    for name, x, z in (("fl", 1, 1), ("fr", -1, 1), ("rl", 1, -1), ("rr", -1, -1)):
        here = trimesh.transformations.translation_matrix((x * (width / 2 - 0.13), WHEEL_M + lift, z * 1.44))
        scene.add_geometry(tyre.copy(), node_name=f"wheel_{name}", transform=here)
        scene.add_geometry(bar.copy(), node_name=f"bar_{name}", parent_node_name=f"wheel_{name}")
    return scene


CAR_ROW = """
  - for: vehicle.tesla.model3
    file: car.glb
    nodes:
      "wheel_*": wheel
      "glass*": window
      brake_light: tail_brake
"""


def write(folder: Path, scene, name: str = "car.glb") -> Path:
    """The scene as a .glb file."""
    path = folder / name
    path.write_bytes(scene.export(file_type="glb"))
    return path


def table(folder: Path, rows: str = CAR_ROW) -> Path:
    """The folder with an assets.yaml of these rows."""
    (folder / "assets.yaml").write_text("assets:" + rows, encoding="utf-8")
    return folder
