"""The page in a real browser, without a network: it draws, sorts, and shows the scene that is clicked."""

import shutil
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip
from divas_jax.media.encode import encode_clip
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.file_record import file_record
from divas_jax.title.report import write_report
from divas_jax.title.report.evidence import Excerpt
from divas_jax.title.report.evidence_choice import chosen
from divas_jax.title.report.page import page as made_page

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
    write_report(folder, title, file_record(title, STRICT))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.wrong, page.asked = [], []
        page.on("console", lambda told: page.wrong.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((folder / "report.html").as_uri())
        page.wait_for_selector("#timeline svg")
        yield page
        browser.close()


def first(page) -> str:
    return page.locator("#scenes tbody tr").first.get_attribute("data-scene")


def test_it_draws_without_errors_and_without_a_network(page):
    assert page.locator("#scenes tbody tr").count() == 61
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


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
    assert page.locator("#face").get_attribute("src").startswith("data:image/webp")
    page.keyboard.press("ArrowDown")
    assert page.locator("#scene-name").inner_text().startswith("Scene 9")
    page.locator("tr[data-scene='61']").click()
    assert "no face" in page.locator("#scene-words").inner_text()


def middle(page, place: int) -> tuple[float, float]:
    """Where in the window the point of a scene lies."""
    box = page.locator(f"#timeline [data-scene='{place}']").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_on_a_point_shows_its_scene(page):
    page.locator("#timeline").scroll_into_view_if_needed()
    page.mouse.move(*middle(page, 12))
    assert "% sure" in page.locator("#tip").inner_text()
    page.mouse.click(*middle(page, 12))
    assert page.locator("tr.chosen").get_attribute("data-scene") == "12"
    assert page.wrong == []


def test_the_wheel_zooms_dragging_moves_and_a_double_click_shows_all(page):
    page.locator("#timeline").scroll_into_view_if_needed()
    before = middle(page, 12)
    page.mouse.move(*before)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert middle(page, 12) == pytest.approx(before, abs=1)  # what is under the pointer stays there
    other = middle(page, 13)
    page.mouse.move(before[0], before[1] - 60)
    page.mouse.down()
    page.mouse.move(before[0] - 25, before[1] - 60, steps=3)
    page.mouse.up()
    assert middle(page, 13)[0] == pytest.approx(other[0] - 25, abs=1)
    page.mouse.dblclick(before[0], before[1] - 60)
    assert middle(page, 12) == pytest.approx(before, abs=1)
    page.locator("[data-tool=in]").click()
    assert middle(page, 12)[0] != pytest.approx(before[0], abs=1)
    page.locator("[data-tool=all]").click()
    assert middle(page, 12)[0] == pytest.approx(before[0], abs=1)
    assert page.wrong == []


OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("#timeline text, .above button, .legend")]
        .map((each) => [each, each.getBoundingClientRect()]);
    const wrong = boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth).map(([each]) => each.textContent);
    boxes.forEach(([one, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        if (!apart) wrong.push(one.textContent + " / " + other.textContent);
    }));
    return wrong;
}"""
"""Words and buttons of the plot that lie over each other or outside of the window."""


@pytest.mark.parametrize("width", [1280, 700, 500, 360])
def test_no_words_overlap_and_the_end_of_the_search_is_named(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    for _ in range(50):  # it is drawn anew after a moment
        page.wait_for_timeout(200)
        if not page.evaluate(OVERLAPS):
            break
    assert page.evaluate(OVERLAPS) == []
    named = page.locator("#timeline .searched").all_text_contents()
    assert named == ["end of the search: 600 ms late", "end of the search: 600 ms early"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_page_plays_the_clips_beside_it(page, title, tmp_path):
    """The page's own policy must let it."""
    frames = np.zeros((50, 256, 256, 3), np.uint8)
    clip = Clip(frames, np.arange(50), Fraction(1, 25), np.zeros(96_000, np.float32), 48_000, Fraction(25), name="x")
    (tmp_path / "evidence").mkdir()
    for what in ("as-it-is", "put-right"):
        encode_clip(clip, tmp_path / "evidence" / f"scene-1-{what}.mp4")
    names = (f"evidence/scene-1-{what}.mp4" for what in ("as-it-is", "put-right"))
    told = made_page(title, file_record(title, STRICT), [Excerpt(chosen(title, 1)[0], *names, frames[0])])
    (tmp_path / "report.html").write_text(told)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("video").count() == 2
    page.evaluate("document.querySelector('video').preload = 'auto'")
    ready = "document.querySelector('video').readyState > 1 || !!document.querySelector('video').error"
    for _ in range(200):  # `wait_for_function` evaluates texts, which the page's policy forbids
        if page.evaluate(ready):
            break
        page.wait_for_timeout(50)
    assert page.evaluate("document.querySelector('video').error") is None
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(2, abs=0.05)
    assert page.wrong == []
