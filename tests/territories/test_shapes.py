"""The little geometry that chooses a commune's point."""

import struct

import pytest

from aptic.territories import shapes


def square(west: float, south: float, side: float) -> shapes.Ring:
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def wkb(polygons: list[shapes.Polygon]) -> str:
    raw = struct.pack("<BII", 1, shapes.MULTIPOLYGON, len(polygons))
    for polygon in polygons:
        raw += struct.pack("<BII", 1, shapes.POLYGON, len(polygon))
        for ring in polygon:
            raw += struct.pack("<I", len(ring)) + b"".join(struct.pack("<2d", *vertex) for vertex in ring)
    return raw.hex()


HORSESHOE = [[(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3), (0, 0)]]


def test_a_multipolygon_is_read_back():
    shape = [[square(0, 45, 1), square(0.4, 45.4, 0.2)], [square(5, 45, 0.1)]]
    assert shapes.read_multipolygon(wkb(shape)) == shape
    with pytest.raises(ValueError, match="multipolygon"):
        shapes.read_multipolygon(struct.pack("<BI2d", 1, shapes.POINT, 1, 2).hex() + "00" * 8)


def test_a_point_is_read_back():
    assert shapes.read_point(struct.pack("<BI2d", 1, shapes.POINT, -0.58, 44.84).hex()) == (-0.58, 44.84)
    with pytest.raises(ValueError, match="point"):
        shapes.read_point(wkb([[square(0, 0, 1)]]))


def test_a_hole_is_outside():
    shape = [[square(0, 45, 1), square(0.4, 45.4, 0.2)]]
    assert shapes.contains(shape, (0.1, 45.1))
    assert not shapes.contains(shape, (0.5, 45.5))
    assert not shapes.contains(shape, (2, 45.5))


def test_distance_is_nothing_inside_and_kilometres_outside():
    shape = [[square(0, 45, 1)]]
    assert shapes.distance_to(shape, (0.5, 45.5)) == 0
    assert shapes.distance_to(shape, (0.5, 44.9)) == pytest.approx(11.1, abs=0.1)
    assert shapes.distance_to(shape, (1.1, 45.5)) == pytest.approx(11.12 * 0.7009, abs=0.1)


@pytest.mark.parametrize("shape", [[[square(0, 45, 1)]], [HORSESHOE], [[square(9, 9, 0.1)], HORSESHOE]])
def test_the_inner_point_is_inside(shape):
    assert shapes.contains(shape, shapes.inner_point(shape))


def test_the_inner_point_is_the_centroid_where_it_can_be():
    assert shapes.inner_point([[square(2, 48, 2)]]) == pytest.approx((3, 49))
