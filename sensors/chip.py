"""The image sensor: mean electrons from radiance, then raw numbers with noise, in the units of its data sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.config.chip import Sensor
from sensors.defects import DefectMap
from sensors.exposure import Exposure
from sensors.hdr import Fixed, HdrReadout
from sensors.kernels import photons
from sensors.mosaic import MOSAICS, channel_response
from sensors.timing import ReadWindow
from sim.base.streams import stream, stream_key

Float32 = NDArray[np.float32]


@lru_cache(maxsize=1)
def normal_quantiles() -> Float32:
    """(65536,) quantiles of the unit normal at the midpoints of equal probabilities, scaled to unit variance."""
    z = ndtri((np.arange(65536) + 0.5) / 65536.0)
    table: Float32 = (z / np.sqrt(np.mean(z * z))).astype(np.float32)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=32)
def merge_of(sensor: Sensor) -> HdrReadout | None:
    """How this chip's reads are merged; None for a chip of one read."""
    return None if sensor.hdr is None else HdrReadout(sensor, sensor.hdr)


class Chip:
    """The pixels of one camera with their fixed pattern; its arrays are reused from frame to frame.

    `electrons` (H, W) are mean photoelectrons of the most sensitive read, before any well is full; `linear` (H, W) uint32 the merged
    values of the frame read last, where the chip has several reads. The same seed and camera name give the same chip and the same
    noise whatever the thread count.
    """

    def __init__(self, config: CameraConfig, illumination: Float32, seed: int, threads: int = 2) -> None:
        """`illumination` (H, W) is the lens's relative irradiance."""
        sensor = config.sensor
        self.config = config
        self.threads = threads
        self._shape = (sensor.height_px, sensor.width_px)
        self._planes: Float32 = np.zeros((1, *self._shape), np.float32)
        self._plane_of_read = [0] * max(len(sensor.reads), 1)
        self._bloomed: Float32 | None = None
        self._illumination = illumination
        self.defects = DefectMap(config, seed)
        diodes = len({read.photodiode for read in sensor.reads}) or 1
        key = stream_key(seed, "camera", config.name, "noise")
        self._fixed = Fixed(*self._pattern(seed, diodes), (key & 0xFFFF_FFFF, (key >> 32) & 0xFFFF_FFFF))
        channel_of_cell = list(MOSAICS[sensor.cfa].cell)
        self._response: Float32 = channel_response(sensor)[channel_of_cell].astype(np.float32)
        self.linear: NDArray[np.uint32] = np.zeros(self._shape if sensor.reads else (0, 0), np.uint32)

    def _pattern(self, seed: int, diodes: int) -> tuple[Float32, Float32]:
        """Gain and offset in e- of every pixel, (D, H, W): a small photodiode has a pattern of its own."""
        pattern, name = self.config.sensor.fixed_pattern, self.config.name
        gain, offset_e = np.empty((diodes, *self._shape), np.float32), np.empty((diodes, *self._shape), np.float32)
        for d, which in enumerate(((), ("small",))[:diodes]):
            prnu = stream(seed, "camera", name, "prnu", *which).standard_normal(self._shape, np.float32)
            gain[d] = np.maximum(1.0 + pattern.prnu_ratio * prnu, 0.0)
            gain[d].ravel()[self.defects.dead] = 0.0
            pixel = stream(seed, "camera", name, "dsnu", *which).standard_normal(self._shape, np.float32)
            column = stream(seed, "camera", name, "column", *which).standard_normal(self._shape[1], np.float32)
            offset_e[d] = pattern.dsnu_e * pixel + pattern.column_e * column
        return gain, offset_e

    @property
    def electrons(self) -> Float32:
        """Mean photoelectrons (H, W) of the most sensitive read."""
        first: Float32 = self._planes[0]
        return first

    @property
    def _merge(self) -> HdrReadout | None:
        # follows `config`, whose temperature a laboratory changes between frames
        return merge_of(self.config.sensor)

    def light_scale(self, exposure_s: float) -> float:
        """lux s um² on one pixel for 1 cd/m² on the axis: (pi/4) tau / N² * T * pixel area."""
        optics = self.config.optics
        transmission = optics.transmission * optics.windshield_transmittance
        pixel_um2 = (self.config.sensor.pixel_pitch_m * 1e6) ** 2
        return math.pi / 4.0 * transmission / optics.f_number**2 * exposure_s * pixel_um2

    def windows(self, exposure: Exposure) -> tuple[ReadWindow, ...]:
        """When each read of a frame collects light, the most sensitive first."""
        merge = self._merge
        return (ReadWindow(0.0, exposure.exposure_s),) if merge is None else merge.windows(exposure.exposure_s)

    def collect(self, lights: Float32 | Sequence[Float32], exposure_s: float) -> Float32:
        """Fill and return `electrons` (H, W): mean photoelectrons of what the lens images, (H, W, 3) in cd/m².

        One picture for all reads, or one for each window of `windows`, its mean over the window; a picture that is given more than
        once (the same array) is collected once.
        """
        given = [lights] if isinstance(lights, np.ndarray) else list(lights)
        reads = len(self._plane_of_read)
        if len(given) not in (1, reads):
            raise ValueError(f"collect: found {len(given)} pictures; expected one, or one for each of {reads} reads")
        different = list({id(light): light for light in given}.values())
        place = {id(light): plane for plane, light in enumerate(different)}
        self._plane_of_read = [place[id(given[min(i, len(given) - 1)])] for i in range(reads)]
        if len(different) > len(self._planes):
            self._planes = np.zeros((len(different), *self._shape), np.float32)
        scale = np.float32(self.light_scale(exposure_s))

        def band(first: int, last: int) -> None:
            for light, electrons in zip(different, self._planes, strict=False):
                photons.collect_electrons(light, self._illumination, self._response, scale, first, last, electrons)

        over_rows(self._shape[0], self.threads, band)
        return self.electrons

    def read_out(self, exposure: Exposure, frame_index: int) -> NDArray[np.uint16]:
        """A new raw image (H, W) from what was collected, with this frame's noise; of several reads their merge, companded."""
        frame = frame_index & 0xFFFF_FFFF
        raw = np.empty(self._shape, np.uint16)
        if self.defects.empty or self.config.sensor.noise == "off":
            self._read_bands(exposure, frame, raw)
            return raw
        hot, telegraph = self.defects.hot, self.defects.telegraph
        planes, offset_e = self._planes.reshape(len(self._planes), -1), self._fixed.offset_e[0].ravel()
        before = planes[:, hot].copy(), offset_e[telegraph].copy()
        planes[:, hot] += self.defects.hot_electrons(self.config, exposure.exposure_s)
        offset_e[telegraph] += self.defects.telegraph_electrons(frame)
        self._read_bands(exposure, frame, raw)
        planes[:, hot], offset_e[telegraph] = before
        return raw

    def _read_bands(self, exposure: Exposure, frame: int, raw: NDArray[np.uint16]) -> None:
        sensor, fixed, table = self.config.sensor, self._fixed, normal_quantiles()
        planes, plane_of_read = self._spilt()
        merge = self._merge
        chip = self._settings(exposure)

        def band(first: int, last: int) -> None:
            if merge is not None:
                rows = (first, last)
                merge.read_out(planes, plane_of_read, exposure, fixed, table, frame, rows, self.linear, raw)
            elif sensor.noise == "off":
                photons.read_out_noiseless(planes[0], chip, first, last, raw)
            else:
                pattern = (fixed.prnu[0], fixed.offset_e[0], table)
                photons.read_out(planes[0], chip, *pattern, *fixed.key, frame, first, last, raw)

        over_rows(sensor.height_px, self.threads, band)

    def _settings(self, exposure: Exposure) -> Float32:
        """(8,) what photons.read_out wants to know of a chip with one read."""
        sensor = self.config.sensor
        return np.array(
            [
                sensor.conversion_dn_per_e * exposure.analog_gain,
                exposure.digital_gain,
                sensor.black_level_dn,
                sensor.full_well_e,
                sensor.read_noise_e,
                sensor.dark_current_e_per_s * exposure.exposure_s,
                sensor.fixed_pattern.row_temporal_e,
                sensor.max_dn,
            ],
            np.float32,
        )

    def _spilt(self) -> tuple[Float32, list[int]]:
        """The planes, and which of them each read has, after full wells have spilt over: one plane for each charge then."""
        sensor = self.config.sensor
        ratio = np.float32(sensor.blooming_ratio)
        if ratio <= 0.0:
            return self._planes, self._plane_of_read
        wells = [(0, sensor.full_well_e)]
        charge_of_read = [0]
        if sensor.reads:
            charges = list(dict.fromkeys(read.charge for read in sensor.reads))
            charge_of_read = [charges.index(read.charge) for read in sensor.reads]
            wells = []
            for number in range(len(charges)):
                of_charge = [i for i, charge in enumerate(charge_of_read) if charge == number]
                share = sensor.reads[of_charge[0]].rel_sensitivity * sensor.reads[of_charge[0]].t_ratio
                well_e = max(sensor.reads[i].full_well_e for i in of_charge)
                wells.append((self._plane_of_read[of_charge[0]], well_e / share))
        if self._bloomed is None or len(self._bloomed) != len(wells):
            self._bloomed = np.empty((len(wells), *self._shape), np.float32)
        bloomed = self._bloomed

        def band(first: int, last: int) -> None:
            for (plane, well_e), out in zip(wells, bloomed, strict=True):
                photons.bloom(self._planes[plane], np.float32(well_e), ratio, first, last, out)

        over_rows(self._shape[0], self.threads, band)
        return bloomed, charge_of_read

    @property
    def black_level_dn(self) -> float:
        """The raw value of no light in frames; of companded values, the place on the curve."""
        merge = self._merge
        return self.config.sensor.black_level_dn if merge is None else merge.companded_black_dn

    def read_facts(self, exposure: Exposure) -> dict[str, Any]:
        """What a frame's metadata says of how its raw values came about."""
        sensor, merge = self.config.sensor, self._merge
        times = sensor.read_times_s(exposure.exposure_s)
        return {
            "cfa": sensor.cfa,
            "raw_bits": sensor.raw_bits,
            "linear_black_level_dn": sensor.black_level_dn if merge is None else merge.black_dn,
            "linear_white_level_dn": self.white_level_dn(exposure),
            "companding_knees": () if sensor.companding is None else sensor.companding.knees,
            "read_names": tuple(read.name for read in sensor.reads),
            "read_starts_s": tuple(begin for begin, _ in times),
            "read_exposures_s": tuple(length for _, length in times),
        }

    def white_level_dn(self, exposure: Exposure) -> float:
        """The value at which a pixel stops following the light: the lower of full well and converter limit.

        Of one read it is a raw value, of several the merged one before companding.
        """
        merge = self._merge
        if merge is not None:
            return merge.white_dn(exposure)
        sensor = self.config.sensor
        well = sensor.full_well_e * sensor.conversion_dn_per_e * exposure.analog_gain * exposure.digital_gain
        return min(sensor.black_level_dn + well, float(sensor.max_dn))
