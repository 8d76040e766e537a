"""Drive a rare case from Python: change weather and camera, look at pictures and labels. Run: python first_steps.py"""

import cv2

from scenarios.load import load_scenario
from scenarios.sample import sample
from sensors.rig import load_rig
from sim.base.clock import tick_period
from sim.experts.registry import make_agent
from sim.loop.drive import drive
from sim.loop.overlay import draw_labels
from sim.loop.session import Session

# a scenario is a distribution; a seed draws one case of it, and any key can be changed
scenario = load_scenario("vru/child_from_behind_parked_van", {"weather.sun_altitude_angle": "12", "duration_s": "1.5"})
concrete = sample(scenario, seed=3)

# a rig is data as well: the small camera, mounted a little higher
rig = load_rig("fast_640")
front = rig.cameras[0]
mounting = front.mounting.model_copy(update={"z_m": 1.8})
rig = rig.model_copy(update={"cameras": (front.model_copy(update={"mounting": mounting}),)})

with Session(concrete.map_name, tick_period(rig.rates_hz())) as session:
    for bundle in drive(session, concrete, make_agent("expert"), rig=rig):
        for name, frame in bundle.observation.cameras.items():
            labels = bundle.annotations[name]
            seen = [label.type_id for label in labels.objects if label.visible_pixels > 100]
            print(f"{labels.tick:3d}  {bundle.observation.ego.speed_mps:4.1f} m/s  {', '.join(seen)}")
            cv2.imwrite("last.png", draw_labels(frame.rgb, labels, frame.calibration)[:, :, ::-1])
