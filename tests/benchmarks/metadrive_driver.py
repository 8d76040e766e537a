"""MetaDrive's camera on request: run by tests.benchmarks.metadrive with the Python of another environment, never imported by ours.

    python metadrive_driver.py WIDTH HEIGHT MAP

Each line of standard input is a JSON object {"case": CASE, "frames": N} or {"picture": FILE}; each is answered by one
line of JSON on standard output. CASE is "rgb", "rgb_depth", or "rgb_plain": RGB without anisotropic filtering of textures, which
costs software dearly and a GPU next to nothing. The first line, unasked, tells what was started: versions, renderer, scene.

A frame is Panda3D's `renderFrame` (what MetaDrive's own loop calls) and the pictures read into numpy arrays by MetaDrive's own
`get_rgb_array`; physics, traffic and lidar are not timed. The camera gets a field of view of 90 degrees across and square
pixels, everything else is MetaDrive's default, but for: samples per pixel, where the renderer has fewer than MetaDrive asks for;
textures, which are left uncompressed so that a renderer in software need not unpack them at each look-up; and drawing in the
calling thread, so that a frame has been drawn when the call returns.
"""

import json
import os
import sys
import time

SAMPLES = 4
"""Samples per pixel: the most that Mesa's llvmpipe offers. MetaDrive asks for 16, and fails where it gets fewer."""


def main():
    """Start, tell what was started, answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # libraries print on standard output
    camera = _Camera(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    answers.write(json.dumps(camera.facts()) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        if "picture" in request:
            answers.write(json.dumps(camera.save(request["picture"])) + "\n")
        else:
            answers.write(json.dumps(camera.measure(request["case"], request["frames"])) + "\n")


class _Camera:
    def __init__(self, width_px, height_px, road_map):
        from panda3d.core import loadPrcFileData

        loadPrcFileData("", "load-display p3headlessgl")
        loadPrcFileData("", "aux-display")
        from metadrive.engine.core import our_pbr

        whole = our_pbr.OurPipeline.__init__

        def fewer_samples(pipeline, **settings):
            settings["msaa_samples"] = SAMPLES
            whole(pipeline, **settings)

        our_pbr.OurPipeline.__init__ = fewer_samples
        from metadrive import MetaDriveEnv

        sizes = {"rgb_camera": (width_px, height_px), "depth_camera": (width_px, height_px, True)}
        self._world = MetaDriveEnv(
            {
                "image_observation": True,
                "environment_num": 1,
                "start_seed": 0,
                "map": road_map,
                "traffic_density": 0.2,
                "multi_thread_render": False,
                "disable_model_compression": True,
                "show_interface": False,
                "vehicle_config": {"image_source": "rgb_camera", **sizes},
            }
        )
        begun = time.perf_counter()
        self._world.reset()
        while self._world.engine.episode_step <= 1:  # until then, reading a picture draws its frame a second time
            self._world.step([0.0, 0.3])
        self._vehicle = self._world.vehicle
        self._engine = self._world.engine
        degrees = [(texture, texture.getAnisotropicDegree()) for texture in self._engine.render.findAllTextures()]
        self._anisotropic_textures = [(texture, degree) for texture, degree in degrees if degree > 1]
        self._cameras = {name: self._vehicle.get_camera(name) for name in ("rgb_camera", "depth_camera")}
        for camera in self._cameras.values():
            camera.track(self._vehicle)
            camera.get_lens().setAspectRatio(width_px / height_px)
            camera.get_lens().setFov(90.0)
        self._start_s = time.perf_counter() - begun

    def facts(self):
        """What was started."""
        from importlib.metadata import version

        from panda3d.core import SceneGraphAnalyzer

        analyzer = SceneGraphAnalyzer()
        analyzer.addNode(self._engine.render.node())
        window = self._engine.win.getGsg()
        return {
            "metadrive": version("metadrive-simulator"),
            "panda3d": version("panda3d"),
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "display": "p3headlessgl (EGL, no window)",
            "renderer": window.getDriverRenderer(),
            "gl_version": window.getDriverVersion(),
            "samples_per_pixel": SAMPLES,
            "anisotropic_degrees": sorted(degree for _, degree in self._anisotropic_textures),
            "triangles": analyzer.getNumIndividualTris() + analyzer.getNumTrianglesInStrips(),
            "vehicles": len(self._engine.traffic_manager.vehicles),
            "reset_s": self._start_s,
        }

    def measure(self, case, frames):
        """Wall and processor milliseconds of each of `frames` frames, after one that does not count."""
        self._choose(case)
        self._frame(case)
        wall, cpu = [], []
        for _ in range(frames):
            begun, used = time.perf_counter(), time.process_time()
            self._frame(case)
            wall.append((time.perf_counter() - begun) * 1e3)
            cpu.append((time.process_time() - used) * 1e3)
        return {"wall_ms": wall, "cpu_ms": cpu}

    def _choose(self, case):
        """Draw the depth camera only where it is asked for, and filter textures as asked for."""
        self._cameras["depth_camera"].buffer.setActive(case == "rgb_depth")
        for texture, degree in self._anisotropic_textures:
            texture.setAnisotropicDegree(1 if case == "rgb_plain" else degree)

    def _frame(self, case):
        self._engine.graphicsEngine.renderFrame()
        images = [self._cameras["rgb_camera"].get_rgb_array()]
        if case == "rgb_depth":
            images.append(self._cameras["depth_camera"].get_rgb_array())
        return images

    def save(self, path):
        """Write the picture and, below it, the depth image."""
        import cv2
        import numpy as np

        self._choose("rgb_depth")
        images = self._frame("rgb_depth")
        cv2.imwrite(path, np.concatenate(images, axis=0))
        return {"mean_level": [float(image.mean()) for image in images]}


if __name__ == "__main__":
    main()
