"""A report can be read: on a telephone and on a desk, by day and by night, by eye and by a screen reader."""

import os
from pathlib import Path

from report.page import Page

READABLE = 4.5
LIGHT = "rgb(255, 255, 255)"


def test_a_page_fits_its_window_and_nothing_complains(page: Page) -> None:
    assert not page.scrolls_sideways(), page.too_wide()
    assert page.too_wide() == []
    assert page.console() == []
    assert (page.background() == LIGHT) == (page.scheme == "light")
    if pictures := os.environ.get("AI_VOICE_PICTURES"):
        page.picture(Path(pictures) / f"{page.name}-{page.width}-{page.scheme}.png")


def test_every_text_stands_out_from_its_ground(page: Page) -> None:
    contrasts = page.contrasts()
    assert len(contrasts) > 20
    assert [found for found in contrasts if found[0] < READABLE] == []


def test_the_numbers_on_the_page_add_up_to_what_was_read(page: Page, data: dict) -> None:
    shown = {cell.get_attribute("data-outcome"): cell.text for cell in page.all(".sum td.n")}
    numbers = {name: int(text.replace(",", "")) for name, text in shown.items()}
    read = numbers.pop("read")
    assert sum(numbers.values()) == read == data["records"]["read"]
    assert numbers == {**data["outcomes"], "not_sent": data["records"]["not_sent"]}
    assert sum(page.numbers(".wide [role=row]:not(.head) > span:last-child")) == read - numbers["not_sent"]


def test_what_others_say_stays_text(page: Page, data: dict) -> None:
    assert page.all("script, img, iframe, link, [onerror], [style], a[href]") == []
    if data["reason_details"]:
        assert "<script>alert(1)</script>" in page.text()
    assert "987654321" not in page.browser.page_source


def test_headings_and_tables_tell_what_they_are(page: Page) -> None:
    levels = [int(heading.tag_name[1]) for heading in page.all("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    for table in page.all("table"):
        assert table.find_elements("css selector", "thead th[scope=col]"), table.text
        assert table.find_elements("css selector", "tbody th[scope=row]"), table.text
    for plot in page.all("svg[role=img]"):
        assert plot.find_elements("css selector", "title"), plot.get_attribute("outerHTML")
    assert not page.all("svg:not([role=img]):not([aria-hidden=true])")
