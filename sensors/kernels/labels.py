"""One pass over the instance image: how many pixels each object has, and where. Tested by tests/sensors/test_annotate.py."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def measure_instances(instance, counts, boxes, row_sums):
    """Per id below len(counts): pixels, x_min y_min x_max y_max (int64, px) and the sum of rows; others are passed over.

    instance (H, W) uint32; counts (N,), boxes (N, 4), row_sums (N,) int64, filled here.
    """
    height, width = instance.shape
    limit = counts.shape[0]
    for i in range(limit):
        counts[i] = 0
        row_sums[i] = 0
        boxes[i, 0] = width
        boxes[i, 1] = height
        boxes[i, 2] = -1
        boxes[i, 3] = -1
    for row in range(height):
        for column in range(width):
            i = instance[row, column]
            if i == 0 or i >= limit:
                continue
            counts[i] += 1
            row_sums[i] += row
            boxes[i, 0] = min(boxes[i, 0], column)
            boxes[i, 1] = min(boxes[i, 1], row)
            boxes[i, 2] = max(boxes[i, 2], column)
            boxes[i, 3] = max(boxes[i, 3], row)
