"""The map drawn from the communes' points."""

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from aptic.charts import NARROW, WIDE
from aptic.territories import files, maps, outline_files
from aptic.territories.models import Commune

pytestmark = pytest.mark.django_db
BORDEAUX = (44.8378, -0.5795)


def gironde() -> Any:
    return Commune.objects.filter(departement="33").order_by("-population", "code")


def drawn(*pins: maps.Pin, **more: Any) -> maps.Map:
    box = maps.box_of_departements(["33"])
    assert box is not None
    return maps.draw(box=box, ground=maps.read_ground(gironde()), pins=pins, title="Carte d’essai", **more)


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
        maps.draw(box=box, ground=maps.read_ground(gironde()), pins=[], title="x")


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
    assert "<b>" not in maps._names(maps._Frame(box, WIDE), spots, [])


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


def test_territories_stand_on_their_outlines_where_there_are_files(db):
    box = maps.box_of_departements(["33"])
    full, free = maps.Kind("Complet", "square"), maps.Kind("Des places", "triangle")
    marks = [maps.Mark(44.84, -0.6, full, ("243300316",)), maps.Mark(44.6, -0.9, free, ("nowhere",))]
    ground = Commune.objects.filter(departement="33").order_by("-population", "code")
    drawn = maps.draw_marks(box=box, marks=marks, title="x", ground=ground, outlines=outline_files.epci_of("33"))
    for svg in (drawn.svg, drawn.narrow):
        (area,) = re.findall(r'<path d="([^"]+)" fill="[^"]+" class="c1 axis"[^>]*fill-opacity', svg)
        assert area.count("M") == area.count("z") >= 1
        assert len(area) > 100
        assert "Bordeaux" in svg
        assert "h0" not in svg  # no dots: the outline is the ground
    bare = maps.draw_marks(box=box, marks=marks, title="x", ground=ground, outlines=outline_files.epci_of("975"))
    assert "fill-opacity" not in bare.svg
    assert "h0" in bare.svg  # a département without EPCI has its dots


def test_a_way_goes_from_point_to_point_and_closes():
    frame = maps._Frame(maps.Box(44.0, 45.0, -1.0, 0.0), WIDE)
    ring = [(-0.9, 44.1), (-0.1, 44.1), (-0.1, 44.1001), (-0.1, 44.9), (-0.9, 44.1)]
    steps = re.fullmatch(r"M\d+ \d+l((?:-?\d+ -?\d+ ?)+)z", maps._way(frame, ring))
    numbers = [int(one) for one in steps[1].split()]
    assert (sum(numbers[::2]), sum(numbers[1::2]), len(numbers)) == (0, 0, 6)  # a point of no width is left out
    assert maps._way(frame, [(-0.5, 44.5), (-0.4999, 44.5), (-0.5, 44.5)]) == ""


def test_every_departement_of_the_country_has_an_outline():
    mainland = {row["code"] for row in files.read("departements") if not row["code"].startswith("97")}
    assert mainland - outline_files.read(outline_files.DEPARTEMENTS).keys() <= {"984", "986", "987", "988", "989"}
    assert outline_files.read("epci/nowhere") == {}
