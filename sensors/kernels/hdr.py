"""Several reads of each pixel merged in one pass, compiled. Random words as in sensors.kernels.photons, of a purpose for each read."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sensors.kernels.photons import philox

FIRST_PURPOSE = 16


@njit(cache=True, nogil=True, error_model="numpy")
def merge(electrons, reads, black, max_dn, max_linear, normal, key0, key1, frame, out):
    """Fill out (H, W) uint32. reads (N, 7) float32: relative sensitivity, well, read noise (e-), DN/e-, dark electrons, ratio to the
    first read's DN, and the DN above which the next read takes over; normal (65536,) float32.
    """
    k0, k1, f = np.uint32(key0), np.uint32(key1), np.uint32(frame)
    half, one, two = np.float32(0.5), np.float32(1.0), np.float32(2.0)
    sixth = np.float32(1.0 / 6.0)
    count = reads.shape[0]
    word = np.empty(4, np.uint32)
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            value = np.float32(0.0)
            for i in range(count):
                word[0], word[1], word[2], word[3] = philox(
                    np.uint32(column >> 3), np.uint32(row), f, np.uint32(FIRST_PURPOSE + i), k0, k1
                )
                lane = column & 7
                z = normal[(word[lane >> 1] >> np.uint32(16 * (lane & 1))) & np.uint32(0xFFFF)]
                mean = electrons[row, column] * reads[i, 0] + reads[i, 4]
                variance = mean + reads[i, 2] * reads[i, 2]
                c = sixth * mean / variance
                e = mean + np.float32(math.sqrt(variance - two * c * c)) * z + c * (z * z - one)
                dn = np.float32(math.floor(min(e, reads[i, 1]) * reads[i, 3] + black + half))
                dn = min(max(dn, np.float32(0.0)), max_dn)
                value = (dn - black) * reads[i, 5]
                if dn < reads[i, 6]:
                    break
            out[row, column] = np.uint32(min(max(value, np.float32(0.0)), max_linear) + half)
