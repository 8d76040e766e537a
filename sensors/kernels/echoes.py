"""Lasers to directions and echoes to points, without memory of its own. Tested by tests/sensors/test_lidar.py."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.base.state import STATIC_INSTANCE_BASE, SUPPORT_INSTANCE_BASE

OPTIONS = {"nogil": True, "error_model": "numpy", "cache": True}
_ACTOR_END = STATIC_INSTANCE_BASE
_ACTOR_BITS = SUPPORT_INSTANCE_BASE - 1


@njit(**OPTIONS)
def aim_lasers(elevations, shots, start, step, fov, chances, lost, directions, first_of_channel):
    """Fill `directions` (3, stride) channel by channel, leaving out rays whose chance is below `lost`; how many remain.

    Shot p of every channel has azimuth (start + p * step) mod fov - fov / 2, clockwise; chances (channels * shots,).
    `first_of_channel` (channels + 1,) gets the column at which each channel begins.
    """
    cosine = np.empty(shots)
    sine = np.empty(shots)
    for p in range(shots):
        azimuth = (start + p * step) % fov - 0.5 * fov
        cosine[p] = np.cos(azimuth)
        sine[p] = -np.sin(azimuth)
    column = 0
    for channel in range(len(elevations)):
        first_of_channel[channel] = column
        flat = np.cos(elevations[channel])
        up = np.sin(elevations[channel])
        for p in range(shots):
            if lost > 0.0 and chances[channel * shots + p] < lost:
                continue
            directions[0, column] = flat * cosine[p]
            directions[1, column] = flat * sine[p]
            directions[2, column] = up
            column += 1
    first_of_channel[len(elevations)] = column
    return column


@njit(**OPTIONS)
def keep_echoes(
    directions, distance, first_of_channel, chances, noise, attenuation, limit, zero, stddev, points, counts
):
    """Points (M, 4) of rays that met something and were not lost; `counts` (channels,). Returns M.

    An echo of intensity I <= `limit` survives when its chance is below zero / limit * I + 1 - zero.
    """
    out = 0
    for channel in range(len(counts)):
        begin = out
        for i in range(first_of_channel[channel], first_of_channel[channel + 1]):
            d = distance[i]
            if not np.isfinite(d):
                continue
            intensity = np.exp(-attenuation * d)
            if intensity <= limit and chances[i] >= zero / limit * intensity + 1.0 - zero:
                continue
            reported = d + stddev * noise[i] if stddev > 0.0 else d
            points[out, 0] = reported * directions[0, i]
            points[out, 1] = reported * directions[1, i]
            points[out, 2] = reported * directions[2, i]
            points[out, 3] = intensity
            out += 1
        counts[channel] = out - begin
    return out


@njit(**OPTIONS)
def label_echoes(directions, distance, cosine, instance, semantic, tags, first_of_channel, points, bits, counts):
    """Points (M, 6) with cosine, actor id and tag; `bits` is the same memory as uint32. Returns M."""
    out = 0
    for channel in range(len(counts)):
        begin = out
        for i in range(first_of_channel[channel], first_of_channel[channel + 1]):
            d = distance[i]
            if not np.isfinite(d):
                continue
            points[out, 0] = d * directions[0, i]
            points[out, 1] = d * directions[1, i]
            points[out, 2] = d * directions[2, i]
            points[out, 3] = cosine[i]
            bits[out, 4] = instance[i] & _ACTOR_BITS if instance[i] < _ACTOR_END else 0
            bits[out, 5] = tags[semantic[i]]
            out += 1
        counts[channel] = out - begin
    return out
