"""The page of quality in a real browser: its pictures are drawn, readable, and change with the choice."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_station import sign_in
from tests.floor.stations import line_of_three
from tests.floor.test_quality import measured

FIGURES = [
    0.05,
    0.055,
    0.048,
    0.052,
    0.051,
    0.049,
    0.06,
    0.053,
    0.05,
    0.047,
    0.05,
    0.082,
    0.05,
    0.052,
    0.049,
    0.051,
]


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 800)])
def test_the_charts_are_drawn_and_readable(page, transactional_db, colours, width):
    [_mark, test, _label] = line_of_three()
    measured(test, FIGURES)
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "quality", "/quality")
    for kind in ("run", "individuals", "ranges"):
        expect(page.locator(f"#chart-{kind} canvas")).to_be_visible()
    expect(page.locator("#chart-individuals-summary")).to_have_text("1 value is a signal.")
    assert levels_drawn(page, "individuals") == pytest.approx([0.05306, 0.03232, 0.07381], abs=4e-4)
    page.get_by_label("Signals").select_option("all")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Signals")).to_have_value("all")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found.response["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def levels_drawn(page, kind: str) -> list[float]:
    """Where the lines really lie, from the pixels of the picture back to values."""
    return page.evaluate(
        """(kind) => {
            const chart = echarts.getInstanceByDom(document.getElementById(`chart-${kind}`));
            return chart.getZr().storage.getDisplayList()
                .filter(({ style, shape }) => style.lineWidth === 2 && shape.y1 !== undefined && shape.y1 === shape.y2)
                .map((each) => chart.convertFromPixel({ yAxisIndex: 0 }, each.shape.y1));
        }""",
        kind,
    )
