"""Plots: well-formed, safe, patterned where areas touch, and always with their figures."""

import xml.etree.ElementTree as ET

import pytest

from aptic import charts

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert('x')</script> & “Cie”"


def _stacked(title: str = "Pass par mois") -> charts.Plot:
    series = [charts.Series("Utilisés", [1, 2, 3]), charts.Series("Remis", [4, 0, 2])]
    return charts.bar_chart(["janv.", "févr.", "mars"], series, title=title)


@pytest.mark.parametrize(
    "plot",
    [
        _stacked(EVIL),
        charts.row_chart([charts.Segment(EVIL, 3)], title=EVIL),
        charts.line_chart([EVIL, "b"], [1, 2], title=EVIL, band=charts.Band(1, 2, EVIL)),
        charts.line_chart(["a", "b"], [1, 2], title="t", margins=[(0, 2), (1, 3)]),
        charts.line_chart([], [], title="vide"),
        charts.bar_chart([], [], title="vide"),
        charts.row_chart([], title="vide"),
    ],
)
def test_every_drawing_is_well_formed_and_without_style_or_script(plot: charts.Plot) -> None:
    for svg in (plot.svg, plot.narrow):
        root = ET.fromstring(svg)
        assert root.find(f"{SVG}title") is not None
        assert root.find(f"{SVG}desc") is not None
        assert not [e for e in root.iter() if "style" in e.attrib or e.tag.endswith("script")]


def test_ids_are_unique_inside_a_plot_and_steady_between_two_drawings() -> None:
    plot = _stacked()
    ids = [e.attrib["id"] for svg in (plot.svg, plot.narrow) for e in ET.fromstring(svg).iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    assert _stacked().svg == plot.svg


def test_stacked_bars_differ_by_pattern_and_bring_their_table() -> None:
    plot = _stacked()
    assert "url(#" in plot.svg
    assert plot.columns == ["Mois", "Utilisés", "Remis", "Total"]
    assert plot.rows[0] == ["janv.", "1", "4", "5"]
    assert [name for _, name in plot.legend] == ["Utilisés", "Remis"]


def test_one_series_needs_neither_total_nor_legend() -> None:
    plot = charts.bar_chart(["a"], [charts.Series("Utilisés", [1])], title="t")
    assert plot.columns == ["Mois", "Utilisés"]
    assert plot.legend == []


def test_a_bar_of_shares_says_its_parts_aloud_and_fills_the_whole() -> None:
    parts = [charts.Segment("versés", 41, "41 €"), charts.Segment(EVIL, 59, "59 €")]
    svg = charts.share_bar(parts, label="Sur 100 €")
    assert "Sur 100 € : versés 41 €" in svg
    assert "<script" not in svg
    assert 'width="41.000%"' in svg


def test_a_rate_stays_between_nothing_and_all() -> None:
    assert 'width="100.00%"' in charts.rate_bar(12, 10)
    assert 'width="0.00%"' in charts.rate_bar(1, 0)


@pytest.mark.parametrize("top", [0, 0.3, 1, 7, 99, 100, 101, 18_900, 3_000_000])
def test_ticks_are_few_start_at_zero_and_cover_the_highest_value(top: float) -> None:
    ticks = charts.nice_ticks(top)
    assert ticks[0] == 0
    assert ticks[-1] >= top
    assert 2 <= len(ticks) <= 6
