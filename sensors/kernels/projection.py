"""Projection of points through a lens and back, one point at a time in float64, compiled.

The parameter vector (float64, 40 or more) is laid out by sensors.optics.parameters: 0 model (0 Brown-Conrady, 1 Kannala-Brandt,
others in sensors.kernels.radial), 1-4 fx fy cx cy, 5 largest field angle in rad, 6-19 distortion k1 k2 p1 p2 k3 k4 k5 k6 s1 s2
s3 s4 (Brown-Conrady, and Mei's, whose xi is 18) or the model's own, 20-28 tilt homography or affine map, 29-37 its inverse, 38
tan² of the largest angle (Brown-Conrady) or the largest radius, 39 whether any of k4 .. tau_y, or a map, is set, from 40 a table.
Equations: OpenCV documentation of calib3d and fisheye; Kannala and Brandt, PAMI 28(8), 2006; sensors.optics.models.
Tested against OpenCV by tests/sensors/test_lens.py and test_lens_models.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sensors.kernels.radial import FIRST_RADIAL, MEI, angle_of, radius_of

MEI_XI = 18
EDGE_STEP_RAD = 1e-5
NEWTON_STEPS = 40


@njit(cache=True, nogil=True, error_model="numpy")
def _homography(h, first, x, y):
    w = h[first + 6] * x + h[first + 7] * y + h[first + 8]
    return (
        (h[first] * x + h[first + 1] * y + h[first + 2]) / w,
        (h[first + 3] * x + h[first + 4] * y + h[first + 5]) / w,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _brown_distort(p, x, y):
    """Distorted normalised coordinates before tilt, and their Jacobian."""
    k1, k2, p1, p2, k3, k4, k5, k6 = p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13]
    s1, s2, s3, s4 = p[14], p[15], p[16], p[17]
    r2 = x * x + y * y
    top = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    bottom = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6))
    g = top / bottom
    dg = ((k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3)) - g * (k4 + r2 * (2.0 * k5 + r2 * 3.0 * k6))) / bottom
    xd = x * g + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x) + r2 * (s1 + s2 * r2)
    yd = y * g + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y + r2 * (s3 + s4 * r2)
    prism_x = s1 + 2.0 * s2 * r2
    prism_y = s3 + 2.0 * s4 * r2
    jxx = g + 2.0 * x * x * dg + 2.0 * p1 * y + 6.0 * p2 * x + 2.0 * x * prism_x
    jxy = 2.0 * x * y * dg + 2.0 * p1 * x + 2.0 * p2 * y + 2.0 * y * prism_x
    jyx = 2.0 * x * y * dg + 2.0 * p1 * x + 2.0 * p2 * y + 2.0 * x * prism_y
    jyy = g + 2.0 * y * y * dg + 6.0 * p1 * y + 2.0 * p2 * x + 2.0 * y * prism_y
    return xd, yd, jxx, jxy, jyx, jyy


@njit(cache=True, nogil=True, error_model="numpy")
def pixel_at_angle(p, theta, cos_phi, sin_phi):
    """Pixel (u, v) of the direction at field angle theta and azimuth phi; theta must lie inside the lens's domain."""
    if p[0] == 0.0:
        radius = math.tan(theta)
        xd, yd, _, _, _, _ = _brown_distort(p, radius * cos_phi, radius * sin_phi)
        xd, yd = _homography(p, 20, xd, yd)
    elif p[0] == MEI:
        radius = math.sin(theta) / (math.cos(theta) + p[MEI_XI])
        xd, yd, _, _, _, _ = _brown_distort(p, radius * cos_phi, radius * sin_phi)
        xd, yd = _homography(p, 20, xd, yd)
    else:
        if p[0] >= FIRST_RADIAL:
            radius = radius_of(p, theta)
        else:
            t2 = theta * theta
            radius = theta * (1.0 + t2 * (p[6] + t2 * (p[7] + t2 * (p[8] + t2 * p[9]))))
        xd, yd = radius * cos_phi, radius * sin_phi
        if p[39] != 0.0:
            xd, yd = _homography(p, 20, xd, yd)
    return p[1] * xd + p[3], p[2] * yd + p[4]


@njit(cache=True, nogil=True, error_model="numpy")
def _brown_pixel(p, x, y):
    """Pixel of normalised coordinates: the distortion of _brown_distort without its Jacobian."""
    r2 = x * x + y * y
    g = 1.0 + r2 * (p[6] + r2 * (p[7] + r2 * p[10]))
    if p[39] != 0.0:
        g /= 1.0 + r2 * (p[11] + r2 * (p[12] + r2 * p[13]))
    xd = x * g + 2.0 * p[8] * x * y + p[9] * (r2 + 2.0 * x * x)
    yd = y * g + p[8] * (r2 + 2.0 * y * y) + 2.0 * p[9] * x * y
    if p[39] != 0.0:
        xd += r2 * (p[14] + p[15] * r2)
        yd += r2 * (p[16] + p[17] * r2)
        xd, yd = _homography(p, 20, xd, yd)
    return p[1] * xd + p[3], p[2] * yd + p[4]


@njit(cache=True, nogil=True, error_model="numpy")
def _beyond(p, theta, cos_phi, sin_phi):
    """Pixel of a direction outside the image circle: the radius goes on linearly with the angle."""
    edge = p[5]
    u1, v1 = pixel_at_angle(p, edge, cos_phi, sin_phi)
    u0, v0 = pixel_at_angle(p, edge - EDGE_STEP_RAD, cos_phi, sin_phi)
    beyond = (theta - edge) / EDGE_STEP_RAD
    return u1 + (u1 - u0) * beyond, v1 + (v1 - v0) * beyond


@njit(cache=True, nogil=True, error_model="numpy")
def project_point(p, x, y, z):
    """Pixel (u, v) of a point in optical axes, and whether it lies inside the image circle.

    Beyond the image circle the radius goes on linearly with the angle, so the answer is finite, continuous and monotone even
    for points behind the camera: what an amodal box needs.
    """
    across2 = x * x + y * y
    if p[0] == 0.0 and z > 0.0 and across2 <= p[38] * z * z:
        u, v = _brown_pixel(p, x / z, y / z)
        return u, v, True
    across = math.sqrt(across2)
    theta = math.atan2(across, z)
    if across > 0.0:
        cos_phi, sin_phi = x / across, y / across
    else:
        cos_phi, sin_phi = 1.0, 0.0
    if theta <= p[5]:
        u, v = pixel_at_angle(p, theta, cos_phi, sin_phi)
        return u, v, True
    u, v = _beyond(p, theta, cos_phi, sin_phi)
    return u, v, False


@njit(cache=True, nogil=True, error_model="numpy")
def project_points(p, points, pixels, valid):
    """Fill pixels (N, 2) float64 and valid (N,) bool from points (N, 3) float64 in optical axes."""
    for i in range(points.shape[0]):
        u, v, inside = project_point(p, points[i, 0], points[i, 1], points[i, 2])
        pixels[i, 0] = u
        pixels[i, 1] = v
        valid[i] = inside


@njit(cache=True, nogil=True, error_model="numpy")
def _unproject_brown(p, xt, yt):
    """Undistorted normalised coordinates by Newton's method in two unknowns, and whether it converged."""
    xd, yd = _homography(p, 29, xt, yt)
    x, y = xd, yd
    for _ in range(NEWTON_STEPS):
        ex, ey, jxx, jxy, jyx, jyy = _brown_distort(p, x, y)
        ex -= xd
        ey -= yd
        if ex * ex + ey * ey < 1e-28:
            return x, y, True
        det = jxx * jyy - jxy * jyx
        if not det > 0.0:
            return x, y, False
        x -= (jyy * ex - jxy * ey) / det
        y -= (jxx * ey - jyx * ex) / det
    ex, ey, _, _, _, _ = _brown_distort(p, x, y)
    return x, y, (ex - xd) ** 2 + (ey - yd) ** 2 < 1e-18


@njit(cache=True, nogil=True, error_model="numpy")
def _unproject_kannala(p, radius):
    """Field angle of a normalised image radius by Newton's method, and whether it converged."""
    theta = radius
    for _ in range(NEWTON_STEPS):
        t2 = theta * theta
        error = theta * (1.0 + t2 * (p[6] + t2 * (p[7] + t2 * (p[8] + t2 * p[9])))) - radius
        if abs(error) < 1e-14:
            return theta, True
        slope = 1.0 + t2 * (3.0 * p[6] + t2 * (5.0 * p[7] + t2 * (7.0 * p[8] + t2 * 9.0 * p[9])))
        if not slope > 0.0:
            # the start lies beyond the fold of the polynomial: come in from the middle
            theta *= 0.5
            continue
        theta -= error / slope
    return theta, abs(error) < 1e-12


@njit(cache=True, nogil=True, error_model="numpy")
def _unproject_mei(p, xt, yt):
    """Unit direction behind Mei's model: undistort, then meet the unit sphere whose centre lies xi ahead (his equation 13)."""
    x, y, good = _unproject_brown(p, xt, yt)
    xi = p[MEI_XI]
    r2 = x * x + y * y
    under = 1.0 + (1.0 - xi * xi) * r2
    if not good or under < 0.0:
        return 0.0, 0.0, 1.0, False
    scale = (xi + math.sqrt(under)) / (r2 + 1.0)
    z = scale - xi
    across = scale * math.sqrt(r2)
    return scale * x, scale * y, z, math.atan2(across, z) <= p[5]


@njit(cache=True, nogil=True, error_model="numpy")
def unproject_pixel(p, u, v):
    """Unit direction (x, y, z) in optical axes of a pixel, and whether it lies inside the image circle."""
    xt, yt = (u - p[3]) / p[1], (v - p[4]) / p[2]
    if p[0] == 0.0:
        x, y, good = _unproject_brown(p, xt, yt)
        length = math.sqrt(x * x + y * y + 1.0)
        good = good and math.atan(math.sqrt(x * x + y * y)) <= p[5]
        return x / length, y / length, 1.0 / length, good
    if p[0] == MEI:
        return _unproject_mei(p, xt, yt)
    if p[39] != 0.0:
        xt, yt = _homography(p, 29, xt, yt)
    radius = math.sqrt(xt * xt + yt * yt)
    if p[0] >= FIRST_RADIAL:
        theta, good = angle_of(p, radius)
    else:
        theta, good = _unproject_kannala(p, radius)
    good = good and 0.0 <= theta <= p[5]
    scale = math.sin(theta) / radius if radius > 1e-12 else 1.0
    return xt * scale, yt * scale, math.cos(theta), good


@njit(cache=True, nogil=True, error_model="numpy")
def unproject_pixels(p, pixels, directions, valid):
    """Fill directions (N, 3) float64 and valid (N,) bool from pixels (N, 2) float64."""
    for i in range(pixels.shape[0]):
        x, y, z, good = unproject_pixel(p, pixels[i, 0], pixels[i, 1])
        directions[i, 0] = x
        directions[i, 1] = y
        directions[i, 2] = z
        valid[i] = good


@njit(cache=True, nogil=True, error_model="numpy")
def fill_directions(p, directions):
    """Fill directions (H, W, 3) float32 with the unit ray of each pixel centre; zero outside the image circle."""
    for row in range(directions.shape[0]):
        for column in range(directions.shape[1]):
            x, y, z, good = unproject_pixel(p, float(column), float(row))
            if good:
                directions[row, column, 0] = np.float32(x)
                directions[row, column, 1] = np.float32(y)
                directions[row, column, 2] = np.float32(z)
            else:
                directions[row, column, 0] = np.float32(0.0)
                directions[row, column, 1] = np.float32(0.0)
                directions[row, column, 2] = np.float32(0.0)
