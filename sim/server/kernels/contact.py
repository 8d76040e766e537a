"""Contacts of one tick: broad phase, slices of the motion, impulses, and the removal of what overlap is left.

Bodies come with the pose at the beginning of the tick and the one at its end, as if nothing were in the way. Without any
overlap on the way nothing is written. Otherwise the motion is replayed in slices of at most SLICE_M of relative travel; in
each slice overlapping bodies exchange impulses (sequential impulses, Catto 2005: normal with restitution, Coulomb friction)
and are then moved apart in proportion to their inverse masses. A standing vehicle whose brakes hold is immovable until an
impulse exceeds what its tyres resist in one tick (`hold_impulse_ns`). Order of bodies decides ties, nothing else does.
Tested by tests/physics/test_contact.py.
"""

from __future__ import annotations

import math

import numba as nb

from sim.server.kernels.narrow_phase import collide

SLICE_M = 0.15
MAX_SLICES = 96
RESTITUTION = 0.1
BOUNCE_SPEED_MPS = 0.5
FRICTION = 0.4
SLOP_M = 0.0005
IMPULSE_ROUNDS = 12
PART_ROUNDS = 6
LAST_ROUNDS = 200


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def prepare(bodies, dt_s):
    """Displacement velocities and the bounding box of the way of every body; returns the greatest travel (m)."""
    fastest = 0.0
    for index in range(bodies.shape[0]):
        body = bodies[index]
        body.touched = 0
        body.released = 0
        start_c, start_s = math.cos(body.start_yaw_rad), math.sin(body.start_yaw_rad)
        end_c, end_s = math.cos(body.yaw_rad), math.sin(body.yaw_rad)
        body.com_x_world_m = body.start_x_m + start_c * body.com_x_m
        body.com_y_world_m = body.start_y_m + start_s * body.com_x_m
        body.move_x_mps = (body.x_m + end_c * body.com_x_m - body.com_x_world_m) / dt_s
        body.move_y_mps = (body.y_m + end_s * body.com_x_m - body.com_y_world_m) / dt_s
        body.move_yaw_radps = (body.yaw_rad - body.start_yaw_rad) / dt_s
        body.now_yaw_rad = body.start_yaw_rad
        body.now_x_m, body.now_y_m, body.now_cos, body.now_sin = body.start_x_m, body.start_y_m, start_c, start_s
        turn = abs(body.yaw_rad - body.start_yaw_rad)
        if body.cylinder != 0 or turn > 0.05:
            reach_x, reach_y = body.radius_m, body.radius_m
        else:
            length, width = body.half_length_m, body.half_width_m
            reach_x = max(abs(start_c), abs(end_c)) * length + max(abs(start_s), abs(end_s)) * width
            reach_y = max(abs(start_s), abs(end_s)) * length + max(abs(start_c), abs(end_c)) * width
        body.low_x_m = min(body.x_m, body.start_x_m) - reach_x
        body.high_x_m = max(body.x_m, body.start_x_m) + reach_x
        body.low_y_m = min(body.y_m, body.start_y_m) - reach_y
        body.high_y_m = max(body.y_m, body.start_y_m) + reach_y
        travel = math.hypot(body.x_m - body.start_x_m, body.y_m - body.start_y_m) + turn * body.radius_m
        fastest = max(fastest, travel, dt_s * math.hypot(body.vx_mps, body.vy_mps))
    return fastest


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _apart(a, b, margin):
    """Whether the boxes of two ways stay farther apart than `margin`."""
    return (
        b.low_x_m > a.high_x_m + margin
        or a.low_x_m > b.high_x_m + margin
        or b.low_y_m > a.high_y_m + margin
        or a.low_y_m > b.high_y_m + margin
        or abs(a.z_m - b.z_m) >= a.half_height_m + b.half_height_m
    )


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _sort_by_low_x(bodies, order):
    """Insertion sort, nearly sorted from the tick before; ties by row, so that history leaves no trace."""
    for place in range(1, bodies.shape[0]):
        item = order[place]
        key = bodies[item].low_x_m
        hole = place
        while hole > 0:
            other = bodies[order[hole - 1]].low_x_m
            if other < key or (other == key and order[hole - 1] < item):
                break
            order[hole] = order[hole - 1]
            hole -= 1
        order[hole] = item


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def candidates(bodies, dt_s, statics, grid, cell_start, cell_items, stamps, margin, travels, order, pairs):
    """Pairs (a, b) whose ways come within a margin, sorted; static partners as -(row + 1). Returns their number, -1 if too many.

    Prepares the bodies first; the margin is `margin` and so many of their greatest travel. `grid` holds low x, low y, cell
    size, columns, rows; `order` keeps the bodies sorted by low x from tick to tick.
    """
    within = travels * prepare(bodies, dt_s) + margin
    found = _body_candidates(bodies, within, order, pairs)
    if found >= 0 and statics.shape[0] > 0:
        found = _static_candidates(bodies, statics, grid, cell_start, cell_items, stamps, within, pairs, found)
    _sort_pairs(pairs, found)
    return found


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _sort_pairs(pairs, count):
    """By first and then by second body; no pair occurs twice (Shell's sort with Knuth's gaps)."""
    gap = 1
    while 3 * gap + 1 < count:
        gap = 3 * gap + 1
    while gap > 0:
        for place in range(gap, count):
            a, b = pairs[place, 0], pairs[place, 1]
            hole = place
            while hole >= gap and (
                pairs[hole - gap, 0] > a or (pairs[hole - gap, 0] == a and pairs[hole - gap, 1] > b)
            ):
                pairs[hole, 0], pairs[hole, 1] = pairs[hole - gap, 0], pairs[hole - gap, 1]
                hole -= gap
            pairs[hole, 0], pairs[hole, 1] = a, b
        gap //= 3


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _body_candidates(bodies, margin, order, pairs):
    """The partners among the bodies themselves."""
    count = bodies.shape[0]
    _sort_by_low_x(bodies, order)
    found = 0
    for place in range(count):
        first = order[place]
        a = bodies[first]
        if a.collides == 0:
            continue
        for later in range(place + 1, count):
            second = order[later]
            b = bodies[second]
            if b.low_x_m > a.high_x_m + margin:
                break
            if b.collides == 0 or (a.inverse_mass == 0.0 and b.inverse_mass == 0.0) or _apart(a, b, margin):
                continue
            if found >= pairs.shape[0]:
                return -1
            pairs[found, 0], pairs[found, 1] = min(first, second), max(first, second)
            found += 1
    return found


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _static_candidates(bodies, statics, grid, cell_start, cell_items, stamps, margin, pairs, found):
    """Append the static partners; `stamps` (S,) must be and is left filled with -1."""
    low_x, low_y, cell_m = grid[0], grid[1], grid[2]
    columns, lines = int(grid[3]), int(grid[4])
    for index in range(bodies.shape[0]):
        a = bodies[index]
        if a.collides == 0 or a.inverse_mass == 0.0:
            continue
        column0 = max(math.floor((a.low_x_m - margin - low_x) / cell_m), 0)
        column1 = min(math.floor((a.high_x_m + margin - low_x) / cell_m), columns - 1)
        line0 = max(math.floor((a.low_y_m - margin - low_y) / cell_m), 0)
        line1 = min(math.floor((a.high_y_m + margin - low_y) / cell_m), lines - 1)
        for line in range(line0, line1 + 1):
            for column in range(column0, column1 + 1):
                cell = line * columns + column
                for item in range(cell_start[cell], cell_start[cell + 1]):
                    row = cell_items[item]
                    if stamps[row] == index or _apart(a, statics[row], margin):
                        continue
                    stamps[row] = index
                    if found >= pairs.shape[0]:
                        return -1
                    pairs[found, 0], pairs[found, 1] = index, -(row + 1)
                    found += 1
    stamps[:] = -1
    return found


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def slices_of(bodies, pairs, count, dt_s):
    """Number of slices that keep the relative travel of every pair below SLICE_M."""
    most = SLICE_M
    for index in range(count):
        a = bodies[pairs[index, 0]]
        dx, dy, turn = a.move_x_mps, a.move_y_mps, abs(a.move_yaw_radps) * a.radius_m
        if pairs[index, 1] >= 0:
            b = bodies[pairs[index, 1]]
            dx, dy, turn = dx - b.move_x_mps, dy - b.move_y_mps, turn + abs(b.move_yaw_radps) * b.radius_m
        most = max(most, (math.hypot(dx, dy) + turn) * dt_s)
    return min(math.ceil(most / SLICE_M), MAX_SLICES)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _place(body):
    """Pose of the box from that of the centre of mass."""
    body.now_cos, body.now_sin = math.cos(body.now_yaw_rad), math.sin(body.now_yaw_rad)
    body.now_x_m = body.com_x_world_m - body.now_cos * body.com_x_m
    body.now_y_m = body.com_y_world_m - body.now_sin * body.com_x_m


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _movable(body):
    return body.inverse_mass if body.hold_impulse_ns <= 0.0 or body.released != 0 else 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def any_overlap(bodies, statics, pairs, count, dt_s, scratch, out):
    """Whether any candidate pair overlaps anywhere on the way. Leaves the bodies where it stopped; see prepare()."""
    mark_candidates(bodies, pairs, count)
    slices = slices_of(bodies, pairs, count, dt_s)
    step = dt_s / slices
    for part in range(slices + 1):
        for index in range(bodies.shape[0]):
            body = bodies[index]
            if part > 0 and body.candidate != 0:
                body.com_x_world_m += step * body.move_x_mps
                body.com_y_world_m += step * body.move_y_mps
                body.now_yaw_rad += step * body.move_yaw_radps
                _place(body)
        for index in range(count):
            a = bodies[pairs[index, 0]]
            b = bodies[pairs[index, 1]] if pairs[index, 1] >= 0 else statics[-pairs[index, 1] - 1]
            if collide(a, b, scratch, out):
                return True
    return False


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def mark_candidates(bodies, pairs, count):
    """Flag the bodies that occur in a pair; only those are replayed."""
    for index in range(bodies.shape[0]):
        bodies[index].candidate = 0
    for index in range(count):
        bodies[pairs[index, 0]].candidate = 1
        if pairs[index, 1] >= 0:
            bodies[pairs[index, 1]].candidate = 1


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def replay(bodies, statics, pairs, count, dt_s, contacts, impulses, scratch, out):
    """Move in slices, with impulses and separation.

    `impulses` (P, 8) gathers for each pair: impulse x, y on a (N s); 1 if they met; and of the hardest moment the normal x, y
    from a to b, the point x, y and the closing speed (m/s). `contacts` (P, 8) and `scratch` are working space.
    """
    mark_candidates(bodies, pairs, count)
    slices = slices_of(bodies, pairs, count, dt_s)
    step = dt_s / slices
    impulses[:count] = 0.0
    for part in range(slices + 1):
        if part > 0:
            for index in range(bodies.shape[0]):
                body = bodies[index]
                if body.candidate != 0:
                    body.com_x_world_m += step * body.move_x_mps
                    body.com_y_world_m += step * body.move_y_mps
                    body.now_yaw_rad += step * body.move_yaw_radps
                    _place(body)
        active = 0
        for index in range(count):
            a = bodies[pairs[index, 0]]
            b = bodies[pairs[index, 1]] if pairs[index, 1] >= 0 else statics[-pairs[index, 1] - 1]
            if collide(a, b, scratch, out):
                _begin_contact(a, b, index, out, contacts[active], impulses[index])
                active += 1
        if active == 0:
            continue
        for _ in range(IMPULSE_ROUNDS):
            for item in range(active):
                index = int(contacts[item, 0])
                a = bodies[pairs[index, 0]]
                b = bodies[pairs[index, 1]] if pairs[index, 1] >= 0 else statics[-pairs[index, 1] - 1]
                _exchange(a, b, contacts[item])
        for item in range(active):
            index = int(contacts[item, 0])
            push, slide = contacts[item, 6], contacts[item, 7]
            nx, ny = contacts[item, 1], contacts[item, 2]
            impulses[index, 0] -= push * nx - slide * ny
            impulses[index, 1] -= push * ny + slide * nx
        _separate(bodies, statics, pairs, count, PART_ROUNDS if part < slices else LAST_ROUNDS, scratch, out)
    for index in range(bodies.shape[0]):
        body = bodies[index]
        if body.touched != 0:
            body.x_m, body.y_m, body.yaw_rad = body.now_x_m, body.now_y_m, body.now_yaw_rad


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _begin_contact(a, b, index, out, contact, record):
    """Fill one contact row: pair, normal, point, wanted normal speed, impulses; release brakes that cannot hold this."""
    nx, ny = out[1], out[2]
    contact[0], contact[1], contact[2], contact[3], contact[4] = index, nx, ny, out[3], out[4]
    contact[6], contact[7] = 0.0, 0.0
    closing = -_relative_speed(a, b, out[3], out[4], nx, ny)
    contact[5] = RESTITUTION * closing if closing > BOUNCE_SPEED_MPS else 0.0
    if record[2] == 0.0 or closing > record[7]:
        record[3], record[4], record[5], record[6] = nx, ny, out[3], out[4]
        record[7] = max(closing, 0.0)
    record[2] = 1.0
    total = a.inverse_mass + b.inverse_mass
    if closing > 0.0 and total > 0.0:
        estimate = (1.0 + RESTITUTION) * closing / total
        if a.hold_impulse_ns > 0.0 and estimate > a.hold_impulse_ns:
            a.released = 1
        if b.hold_impulse_ns > 0.0 and estimate > b.hold_impulse_ns:
            b.released = 1


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _relative_speed(a, b, px, py, dx, dy):
    """Speed of b's material point at (px, py) relative to a's, along (dx, dy)."""
    ax, ay = px - a.com_x_world_m, py - a.com_y_world_m
    bx, by = px - b.com_x_world_m, py - b.com_y_world_m
    rx = b.vx_mps - b.yaw_rate_radps * by - (a.vx_mps - a.yaw_rate_radps * ay)
    ry = b.vy_mps + b.yaw_rate_radps * bx - (a.vy_mps + a.yaw_rate_radps * ax)
    return rx * dx + ry * dy


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _exchange(a, b, contact):
    """One round of impulses at a contact: along the normal never pulling, along the tangent within the friction cone."""
    nx, ny, px, py = contact[1], contact[2], contact[3], contact[4]
    if _movable(a) + _movable(b) <= 0.0:
        return
    weight = _mobility(a, px, py, nx, ny) + _mobility(b, px, py, nx, ny)
    change = (contact[5] - _relative_speed(a, b, px, py, nx, ny)) / weight
    total = max(contact[6] + change, 0.0)
    _push(a, px, py, -(total - contact[6]) * nx, -(total - contact[6]) * ny)
    _push(b, px, py, (total - contact[6]) * nx, (total - contact[6]) * ny)
    contact[6] = total
    weight = _mobility(a, px, py, -ny, nx) + _mobility(b, px, py, -ny, nx)
    change = -_relative_speed(a, b, px, py, -ny, nx) / weight
    limit = FRICTION * contact[6]
    slide = min(max(contact[7] + change, -limit), limit)
    _push(a, px, py, (slide - contact[7]) * ny, -(slide - contact[7]) * nx)
    _push(b, px, py, -(slide - contact[7]) * ny, (slide - contact[7]) * nx)
    contact[7] = slide


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _mobility(body, px, py, dx, dy):
    """Velocity at a point along a direction by a unit impulse there (1/kg)."""
    mass_share = _movable(body)
    if mass_share == 0.0:
        return 0.0
    arm = (px - body.com_x_world_m) * dy - (py - body.com_y_world_m) * dx
    return mass_share + body.inverse_inertia * arm * arm


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _push(body, px, py, jx, jy):
    """Apply an impulse at a point to the velocity and to the displacement of the rest of the tick."""
    if _movable(body) == 0.0 or (jx == 0.0 and jy == 0.0):
        return
    turn = body.inverse_inertia * ((px - body.com_x_world_m) * jy - (py - body.com_y_world_m) * jx)
    body.vx_mps += body.inverse_mass * jx
    body.vy_mps += body.inverse_mass * jy
    body.yaw_rate_radps += turn
    body.move_x_mps += body.inverse_mass * jx
    body.move_y_mps += body.inverse_mass * jy
    body.move_yaw_radps += turn
    body.touched = 1


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _separate(bodies, statics, pairs, count, rounds, scratch, out):
    """Move overlapping bodies apart along their normals, by inverse mass, until less than twice SLOP_M is left."""
    for _ in range(rounds):
        deepest = 0.0
        for index in range(count):
            a = bodies[pairs[index, 0]]
            b = bodies[pairs[index, 1]] if pairs[index, 1] >= 0 else statics[-pairs[index, 1] - 1]
            if not collide(a, b, scratch, out) or out[0] <= SLOP_M:
                continue
            share_a, share_b = _movable(a), _movable(b)
            if share_a + share_b <= 0.0:
                share_a, share_b = a.inverse_mass, b.inverse_mass
                if share_a + share_b <= 0.0:
                    continue
            deepest = max(deepest, out[0])
            move = (out[0] - SLOP_M) / (share_a + share_b)
            if share_a > 0.0:
                a.com_x_world_m -= move * share_a * out[1]
                a.com_y_world_m -= move * share_a * out[2]
                a.now_x_m -= move * share_a * out[1]
                a.now_y_m -= move * share_a * out[2]
                a.touched = 1
            if share_b > 0.0:
                b.com_x_world_m += move * share_b * out[1]
                b.com_y_world_m += move * share_b * out[2]
                b.now_x_m += move * share_b * out[1]
                b.now_y_m += move * share_b * out[2]
                b.touched = 1
        if deepest <= 2.0 * SLOP_M:
            return
