"""The page in a real browser, without a network: it draws, sorts, and shows the scene that is clicked."""

import re
import shutil

import pytest

from divas_jax.title.report import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(title, tmp_path_factory):
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("page")
    write_report(folder, title)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.wrong, page.asked = [], []
        page.on("console", lambda told: page.wrong.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((folder / "report.html").as_uri())
        page.wait_for_selector("#timeline .main-svg")
        yield page
        browser.close()


def first(page) -> str:
    return page.locator("#scenes tbody tr").first.get_attribute("data-scene")


def test_it_draws_without_errors_and_without_a_network(page):
    assert page.locator("#scenes tbody tr").count() == 61
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_no_button_sends_anything_anywhere(page):
    names = page.locator(".modebar-btn").evaluate_all("found => found.map((each) => each.dataset.title)")
    assert "Reset axes" in names
    assert [name for name in names if re.search("share|cloud|edit|studio", name, re.IGNORECASE)] == []


def test_heads_sort_both_ways_and_nothing_goes_last(page):
    head = page.locator("th button[data-key=offset_ms]")
    head.click()
    offsets = [
        float(text)
        for text in page.locator("#scenes tbody tr td:nth-child(4)").evaluate_all(
            "cells => cells.slice(0, 60).map(cell => cell.dataset.value)"
        )
    ]
    assert offsets == sorted(offsets)
    head.click()
    assert float(page.locator("#scenes tbody tr td:nth-child(4)").first.get_attribute("data-value")) == max(offsets)
    assert page.locator("#scenes tbody tr").last.get_attribute("data-scene") == "61"
    page.locator("th button[data-key=scene]").click()
    assert first(page) == "1"


def test_rows_and_keys_show_scenes(page):
    page.locator("tr[data-scene='8']").click()
    assert page.locator("#scene-name").inner_text().startswith("Scene 8")
    assert page.locator("#curve path").count() == 1
    assert page.locator("#face").get_attribute("src").startswith("data:image/jpeg")
    page.keyboard.press("ArrowDown")
    assert page.locator("#scene-name").inner_text().startswith("Scene 9")
    page.locator("tr[data-scene='61']").click()
    assert "no face" in page.locator("#scene-words").inner_text()


WHERE = """() => {
    const chart = document.getElementById("timeline");
    const trace = chart.data.find((each) => each.name === "scenes");
    const [x, y] = [chart._fullLayout.xaxis, chart._fullLayout.yaxis];
    const frame = chart.getBoundingClientRect();
    const left = frame.left + x._offset + x.d2p(trace.x[10]);
    return [left, frame.top + y._offset + y.d2p(trace.y[10]), trace.customdata[10]];
}"""
"""Where in the window the eleventh point lies, and its scene."""


def test_a_click_on_a_point_shows_its_scene(page):
    page.locator("#timeline").scroll_into_view_if_needed()
    for _ in range(20):  # the plot takes a click where it has seen the pointer, which a busy machine may miss
        left, top, place = page.evaluate(WHERE)
        page.mouse.move(left - 40, top - 40)
        page.mouse.move(left, top, steps=5)
        page.wait_for_timeout(200)
        page.mouse.click(left, top, delay=50)
        page.wait_for_timeout(200)
        if page.locator(f"tr.chosen[data-scene='{place}']").count():
            break
    assert page.locator("tr.chosen").get_attribute("data-scene") == str(place)
    assert page.wrong == []
