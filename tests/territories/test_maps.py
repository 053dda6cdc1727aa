"""The map drawn from the communes' points."""

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from aptic.charts import NARROW, WIDE
from aptic.territories import maps
from aptic.territories.models import Commune

pytestmark = pytest.mark.django_db
BORDEAUX = (44.8378, -0.5795)


def gironde() -> Any:
    return Commune.objects.filter(departement="33").order_by("-population", "code")


def drawn(*pins: maps.Pin, **more: Any) -> maps.Map:
    box = maps.box_of_departements(["33"])
    assert box is not None
    return maps.draw(box=box, ground=gironde(), pins=pins, title="Carte d’essai", **more)


def test_both_widths_are_well_formed_and_name_themselves():
    found = drawn(maps.Pin(1, *BORDEAUX))
    for svg, width in ((found.svg, WIDE), (found.narrow, NARROW)):
        root = ElementTree.fromstring(svg)
        assert root.get("viewBox", "").startswith(f"0 0 {width} ")
        assert root.get("aria-label") == "Carte d’essai"
        assert root.get("role") == "img"


def test_it_takes_one_query(django_assert_num_queries):
    box = maps.box_of_departements(["33"])
    with django_assert_num_queries(1):
        maps.draw(box=box, ground=gironde(), pins=[], title="x")


def test_no_name_lies_on_another_nor_on_a_pin():
    svg = drawn(maps.Pin(1, *BORDEAUX)).svg
    texts = re.findall(r'<text x="(\d+)" y="(\d+)" text-anchor="middle" fill="[^"]+">([^<]+)<', svg)
    texts = [(x, y, unescape(name)) for x, y, name in texts]
    boxes = [(int(x) - len(name) * 4.2, int(y) - 14, int(x) + len(name) * 4.2, int(y) + 4) for x, y, name in texts]
    assert len(boxes) >= 5
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert not maps._overlap((one[0] + 1, one[1] + 1, one[2] - 1, one[3] - 1), other)


def test_a_pin_outside_is_left_to_the_list():
    svg = drawn(maps.Pin(1, *BORDEAUX), maps.Pin(2, 48.85, 2.35)).svg
    assert re.findall(r'class="on-sun">([^<]+)<', svg) == ["1"]


def test_north_is_up_and_east_is_right():
    box = maps.Box(44.0, 45.0, -1.0, 0.0)
    frame = maps._Frame(box, WIDE)
    (x, y), (further, higher) = frame.at(44.5, -0.5), frame.at(44.9, -0.1)
    assert further > x
    assert higher < y


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], None),
        ([(None, None)], None),
        ([(44.0, 1.0), (None, None), (45.0, -1.0)], maps.Box(44.0, 45.0, -1.0, 1.0)),
    ],
)
def test_the_box_of_points(points, expected):
    assert maps.box_of(points) == expected


def test_one_place_alone_stands_in_a_landscape():
    around = maps.Box(44.8, 44.8, -0.5, -0.5).around()
    assert around.north - around.south > 0.1
    assert around.east - around.west > 0.1


def test_many_departements_give_the_mainland_and_none_gives_nothing():
    assert maps.box_of_departements(["01", "02", "03", "04", "05"]) == maps.Box(*maps.MAINLAND)
    assert maps.box_of_departements(["nowhere"]) is None


def test_a_commune_s_name_is_only_text():
    box = maps.box_of_departements(["33"])
    assert box is not None
    spots = [(300.0, 300.0, 5, "<b>L'Île</b> & Cie")]
    assert "<b>" not in maps._names(maps._Frame(box, WIDE), spots, [], None)


def test_territories_are_marks_told_apart_by_form_with_their_legend(db, django_assert_num_queries):
    full, free = maps.Kind("Complet <b>", "square"), maps.Kind("Des places", "triangle")
    with django_assert_num_queries(1):
        middles = maps.middles("epci", Commune.objects.filter(departement="33"))
    north, east = middles["243300316"]
    assert (north, east) == (pytest.approx(44.84, abs=0.05), pytest.approx(-0.6, abs=0.05))
    box = maps.box_of_departements(["33"])
    marks = [maps.Mark(north, east, full), maps.Mark(45.0, -0.7, free), maps.Mark(10.0, 10.0, free)]
    with django_assert_num_queries(1):
        drawn = maps.draw_marks(
            box=box, marks=marks, title="Places & déserts", ground=Commune.objects.filter(departement="33")
        )
    assert [name for _, name in drawn.legend] == ["Complet <b>", "Des places"]  # escaped by the template
    for svg in (drawn.svg, drawn.narrow):
        assert 'aria-label="Places &amp; déserts"' in svg
        assert svg.count('class="c6"') == svg.count('class="c1"') == 1
        (triangles,) = re.findall(r'<path d="([^"]*)"[^>]*class="c6"', svg)
        assert triangles.count("M") == 1  # what lies outside of the map is in the table alone
    assert {form for form in maps.FORMS if maps.draw_marks(
        box=box, marks=[maps.Mark(north, east, maps.Kind("x", form))], title="x").svg.count("<path") == 1
    } == set(maps.FORMS)  # fmt: skip
