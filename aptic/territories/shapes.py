"""Just enough geometry to choose a commune's point when the files are built; no library needed.

Shapes are lists of polygons, polygons lists of rings, rings lists of (longitude, latitude) in degrees.
"""

import struct
from itertools import pairwise
from math import cos, hypot, radians

Point = tuple[float, float]
Ring = list[Point]
Polygon = list[Ring]
POINT, POLYGON, MULTIPOLYGON = 1, 3, 6
KM_PER_DEGREE = 111.2  # of latitude


def read_point(hexadecimal: str) -> Point:
    """The point of a little-endian WKB in hexadecimal. Raises ValueError on another shape."""
    raw = bytes.fromhex(hexadecimal)
    if struct.unpack_from("<BI", raw) != (1, POINT):
        raise ValueError("not a WKB point")
    longitude, latitude = struct.unpack_from("<2d", raw, 5)
    return longitude, latitude


def read_multipolygon(hexadecimal: str) -> list[Polygon]:
    """The polygons of a little-endian WKB in hexadecimal. Raises ValueError on another shape."""
    raw = bytes.fromhex(hexadecimal)
    order, kind, count = struct.unpack_from("<BII", raw)
    if (order, kind) != (1, MULTIPOLYGON):
        raise ValueError("not a WKB multipolygon")
    offset, polygons = 9, []
    for _ in range(count):
        _, _, rings = struct.unpack_from("<BII", raw, offset)
        offset += 9
        polygon = []
        for _ in range(rings):
            (size,) = struct.unpack_from("<I", raw, offset)
            flat = struct.unpack_from(f"<{2 * size}d", raw, offset + 4)
            polygon.append(list(zip(flat[::2], flat[1::2], strict=True)))
            offset += 4 + 16 * size
        polygons.append(polygon)
    return polygons


def contains(shape: list[Polygon], point: Point) -> bool:
    """True inside the shape, by crossing number; holes count."""
    return any(sum(_crossings(ring, point[1], after=point[0]) for ring in polygon) % 2 for polygon in shape)


def distance_to(shape: list[Polygon], point: Point) -> float:
    """Kilometres from `point` to the shape; 0 inside. Flat-Earth arithmetic, good for a few tens of kilometres."""
    if contains(shape, point):
        return 0.0
    segments = (segment for polygon in shape for ring in polygon for segment in pairwise(ring))
    return KM_PER_DEGREE * min(_to_segment(point, *segment) for segment in segments)


def inner_point(shape: list[Polygon]) -> Point:
    """The centroid of the largest polygon or, when that falls outside, the middle of its widest span at that height."""
    largest = max(shape, key=lambda polygon: abs(_area_and_centroid(polygon[0])[0]))
    _, centroid = _area_and_centroid(largest[0])
    if contains([largest], centroid):
        return centroid
    cuts = sorted(x for ring in largest for x in _cuts(ring, centroid[1]))
    left, right = max(zip(cuts[::2], cuts[1::2], strict=False), key=lambda span: span[1] - span[0])
    return (left + right) / 2, centroid[1]


def _cuts(ring: Ring, latitude: float) -> list[float]:
    """Longitudes where the ring's border crosses a latitude."""
    return [
        x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in pairwise(ring)
        if (y1 > latitude) != (y2 > latitude)
    ]


def _crossings(ring: Ring, latitude: float, *, after: float) -> int:
    return sum(x > after for x in _cuts(ring, latitude))


def _area_and_centroid(ring: Ring) -> tuple[float, Point]:
    """Signed area in square degrees, and centroid (the shoelace formula, from the first vertex for precision)."""
    x0, y0 = ring[0]
    area = x_sum = y_sum = 0.0
    for (x1, y1), (x2, y2) in pairwise([(x - x0, y - y0) for x, y in ring]):
        cross = x1 * y2 - x2 * y1
        area += cross
        x_sum += (x1 + x2) * cross
        y_sum += (y1 + y2) * cross
    if not area:
        return 0.0, ring[0]
    return area / 2, (x0 + x_sum / (3 * area), y0 + y_sum / (3 * area))


def _to_segment(point: Point, start: Point, end: Point) -> float:
    """Degrees of latitude between a point and a segment."""
    narrow = cos(radians(point[1]))
    px, py = point[0] * narrow, point[1]
    ax, ay = start[0] * narrow, start[1]
    dx, dy = end[0] * narrow - ax, end[1] - ay
    length = dx * dx + dy * dy
    along = 0.0 if not length else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length))
    return hypot(px - ax - along * dx, py - ay - along * dy)
