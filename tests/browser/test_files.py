"""Files on a ticket in a browser: chosen, dropped, pasted, left out and saved; whatever they hold, nothing of it runs."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.test_two_parties import NARROW, Seat
from tests.browser.test_writing import shared
from tests.worlds import two_clients_three_partners

from cosource.foundation import clock

pytestmark = pytest.mark.looks

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
HOSTILE = {
    "<img src=x onerror=window.hit=1>.png": PNG,
    "page.html": b"<script>window.hit=1;fetch('https://evil.example/')</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit=1</script></svg>',
    "invoice.pdf": b"MZ" + bytes(120),
    "\u200b.htaccess": b"AddType application/x-httpd-php .png",
    "photo\u202egnp.exe": b"MZ" + bytes(120),
    "../../../etc/passwd": b"root",
    "NUL.txt": b"x",
    "feed.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
}
GIVE = """([selector, kind, files]) => {
  const carrier = new DataTransfer();
  for (const [name, type, text] of files) carrier.items.add(new File([text], name, { type }));
  const given = kind === "paste" ? { clipboardData: carrier } : { dataTransfer: carrier };
  const event = kind === "paste" ? new ClipboardEvent("paste", { ...given, bubbles: true, cancelable: true })
    : new DragEvent("drop", { ...given, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(event);
}"""


def pictured(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look: COSOURCE_TEST_PICTURES names a folder."""
    if folder := os.environ.get("COSOURCE_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.req("C14")
def test_files_are_chosen_left_out_sent_and_saved(live_server, chromium: Browser, tmp_path: Path) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = shared(world)
    writer = Seat(chromium, live_server.url, "pt@p1.example")
    reader = Seat(chromium, live_server.url, "ct@c1.example")
    writer.go(f"/tickets/{ticket.id}/")
    page, listed = writer.page, writer.page.locator("[data-files-list] .fl bdi")
    for name, content in (("one.png", PNG), ("two.txt", b"words")):
        (tmp_path / name).write_bytes(content)
    page.locator("#files").set_input_files([tmp_path / "one.png"])
    # A second choice adds to the first.
    page.locator("#files").set_input_files([tmp_path / "two.txt"])
    page.evaluate(GIVE, ["#compose textarea", "drop", [["three.csv", "text/csv", "a,b"]]])
    page.evaluate(GIVE, ["#compose textarea", "paste", [["image.png", "image/png", "picture"]]])
    expect(listed).to_have_count(4)
    assert listed.all_inner_texts()[:3] == ["one.png", "two.txt", "three.csv"]
    assert listed.all_inner_texts()[3].startswith("Screenshot 20")
    page.get_by_role("button", name="Leave out: two.txt").click()
    expect(listed).to_have_count(3)
    pictured(page, "compose-light-1440")
    writer.sound()
    page.locator("[data-send]").click()
    expect(page.locator(".conv .fls a")).to_have_count(3)
    reader.go(f"/tickets/{ticket.id}/")
    expect(reader.page.locator(".conv .fls a")).to_have_count(3)
    with reader.page.expect_download() as saved:
        reader.page.get_by_role("link", name="one.png").click()
    assert (saved.value.suggested_filename, Path(saved.value.path()).read_bytes()) == ("one.png", PNG)
    reader.sound()
    assert writer.faults == reader.faults == []


@pytest.mark.threat("S02", "S05")
def test_whatever_a_file_holds_or_is_called_nothing_runs(
    live_server, chromium: Browser, tmp_path: Path
) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = shared(world)
    writer = Seat(chromium, live_server.url, "pt@p1.example")
    reader = Seat(chromium, live_server.url, "ct@c1.example")
    left: list[str] = []
    for seat in (writer, reader):
        seat.page.on(
            "request", lambda asked: left.append(asked.url) if live_server.url not in asked.url else None
        )
    writer.go(f"/tickets/{ticket.id}/")
    writer.page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in HOSTILE.items()]
    )
    expect(writer.page.locator("[data-files-list] .fl")).to_have_count(len(HOSTILE))
    writer.page.locator("[data-send]").click()
    expect(writer.page.locator(".conv .fls a")).to_have_count(len(HOSTILE))
    reader.go(f"/tickets/{ticket.id}/")
    links = reader.page.locator(".conv .fls a")
    expect(links).to_have_count(len(HOSTILE))
    expect(reader.page.locator(".conv .warn")).to_have_count(1)
    pictured(reader.page, "hostile-light-1440")
    for number in range(len(HOSTILE)):
        address = links.nth(number).get_attribute("href")
        assert address is not None
        # Opened as a page of its own, without the link's own wish to save it.
        with reader.page.expect_download() as saved:
            reader.page.evaluate("url => { location.href = url; }", address)
        assert "/" not in saved.value.suggested_filename
        assert not saved.value.suggested_filename.startswith(".")
        framed = reader.page.evaluate(
            "async url => { const answer = await fetch(url); return [answer.headers.get('content-disposition').slice(0, 10),"
            " answer.headers.get('content-security-policy').slice(0, 7)]; }",
            address,
        )
        assert framed == ["attachment", "sandbox"]
    assert reader.page.evaluate("window.hit") is None
    assert writer.page.evaluate("window.hit") is None
    reader.sound()
    assert [url for url in left if "evil" in url] == []
    reader.page.set_viewport_size(NARROW)
    pictured(reader.page, "hostile-light-390")
    reader.page.emulate_media(color_scheme="dark")
    pictured(reader.page, "hostile-dark-390")
    writer.page.emulate_media(color_scheme="dark")
    writer.page.locator("#files").set_input_files([{"name": "a.png", "mimeType": "image/png", "buffer": PNG}])
    pictured(writer.page, "compose-dark-1440")
    assert writer.faults == reader.faults == []


def test_without_a_script_the_same_field_takes_files(live_server, chromium: Browser, tmp_path: Path) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = shared(world)
    seat = Seat(chromium, live_server.url, "pt@p1.example")
    plain = chromium.new_context(java_script_enabled=False, storage_state=seat.page.context.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/tickets/{ticket.id}/")
    (tmp_path / "one.png").write_bytes(PNG)
    page.locator("#files").set_input_files([tmp_path / "one.png"])
    pictured(page, "compose-no-script")
    page.get_by_role("button", name="Preview").click()
    # What was chosen is kept by the page, and ticked.
    expect(page.get_by_role("checkbox", name="one.png")).to_be_checked()
    pictured(page, "compose-no-script-kept")
    page.locator("[data-send]").click()
    expect(page.locator(".conv .fls a")).to_have_count(1)
    plain.close()
