"""Satellite receiver against carla.Map's own projection, and its noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.gnss import GeoOrigin, GnssNoise, GnssReceiver

carla = pytest.importorskip("carla")

_ROAD = """<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"><geoReference><![CDATA[{}]]></geoReference>
</header><road name="r" length="100" id="1" junction="-1"><planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/>
</geometry></planView><lanes><laneSection s="0"><center><lane id="0" type="none" level="false"/></center><right>
<lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection>
</lanes></road></OpenDRIVE>"""


@pytest.mark.parametrize(
    "reference",
    [
        "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs",
        "+proj=tmerc +lat_0=49 +lon_0=8 +k=0.9996 +x_0=1000 +y_0=200",
        "+proj=utm +zone=32 +ellps=WGS84",
        "+proj=utm +lat_0=37.35429341239328 +lon_0=-122.0859797650754 +zone=32",
        "+lat_0=-33.9 +lon_0=1.51e2",
        "+proj=tmerc +lat_0=10",
        "",
    ],
)
def test_places_agree_with_the_clients_map(reference: str) -> None:
    carla_map = carla.Map("m", _ROAD.format(reference))
    origin = GeoOrigin.of(reference)
    for x, y in np.random.default_rng(3).uniform(-9000.0, 9000.0, (20, 2)):
        place = carla.Location(float(x), float(y), 3.25)
        expected = carla_map.transform_to_geolocation(place)
        assert origin.geolocation(place.x, place.y) == pytest.approx((expected.latitude, expected.longitude), abs=1e-12)


def test_bias_and_noise_are_as_asked_for_and_repeat() -> None:
    noise = GnssNoise((1e-4, -2e-4, 3.0), (1e-5, 0.0, 0.5))

    def fixes(seed: int) -> np.ndarray:
        receiver = GnssReceiver(GeoOrigin(0.0, 0.0), noise, seed)
        return np.array([receiver.measure(0.0, 0.0, 10.0) for _ in range(3000)])

    values = fixes(1)
    spread = np.array([1e-5, 0.0, 0.5])
    assert (np.abs(values.mean(axis=0) - (1e-4, -2e-4, 13.0)) <= 5.0 * spread / math.sqrt(3000) + 1e-12).all()
    np.testing.assert_allclose(values.std(axis=0), spread, rtol=0.06, atol=1e-12)
    np.testing.assert_array_equal(values, fixes(1))
    assert not np.array_equal(values, fixes(2))
