"""Scanners that type and fingers, on the page that also has the camera."""

from playwright.sync_api import expect

from passes import codes
from tests.browser.reading.desk import COUNTER, Enter, address, code, heard, scan
from tests.passes.keyboards import pressed, typed


def test_a_scan_is_heard_wherever_the_focus_is(enter: Enter) -> None:
    page = enter().goes(COUNTER).page
    other = page.get_by_label("Remarque")
    other.fill("Bonjour")
    for focus in (other, page.get_by_label("Code du pass"), page.get_by_role("button", name="Regarder ce pass")):
        focus.focus()
        scan(page, address())
    assert [(one["code"], one["by"]) for one in heard(page)] == [(code(), "scanner")] * 3
    assert {one["signed"] for one in heard(page)} == {address().rpartition("/")[2]}
    expect(other).to_have_value("Bonjour")
    expect(page.get_by_label("Code du pass")).to_have_value("")


PRESS = """(keys) => {
    for (const [code, shiftKey, key] of [...keys, ["Tab", false, "Tab"]]) {
        const event = new KeyboardEvent("keydown", { code, shiftKey, key, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
    }
}"""


def test_a_scanner_set_to_the_other_keyboard(enter: Enter) -> None:
    page = enter().goes(COUNTER).page
    page.get_by_role("button", name="Regarder ce pass").focus()
    for scanner, machine in (("us", "fr"), ("fr", "us"), ("us", "fr-mac")):
        keys = pressed(address(), scanner)
        page.evaluate(PRESS, [[code, shift, typed([(code, shift)], machine)] for code, shift in keys])
    assert [one["code"] for one in heard(page)] == [code()] * 3


def test_a_code_typed_by_hand_takes_its_shape(enter: Enter) -> None:
    person = enter().goes(COUNTER)
    page, whole = person.page, code()
    field, hint = page.get_by_label("Code du pass"), page.locator("#missing")
    field.press_sequentially(whole[:7].lower(), delay=100)
    expect(field).to_have_value(f"{whole[:4]}-{whole[4:7]}")
    expect(hint).to_have_text("Il manque 9 caractères.")
    for _ in range(3):
        field.press("Backspace")
    expect(field).to_have_value(whole[:4])
    field.press_sequentially("o", delay=100)
    expect(field).to_have_value(f"{whole[:4]}-0")
    expect(hint).to_contain_text("La lettre O est lue comme le chiffre 0.")
    field.press("Home")
    field.press("Delete")
    field.press_sequentially(whole[0], delay=100)
    assert page.evaluate("document.querySelector('#code').selectionStart") == 1
    expect(field).to_have_value(f"{whole[:4]}-0")
    field.fill("")
    expect(hint).to_have_text("")
    field.press_sequentially(whole, delay=100)
    expect(hint).to_have_text("Le code est complet.")
    expect(field).to_have_value(codes.grouped(whole))
    assert [(one["code"], one["by"]) for one in heard(page)] == [(whole, "typing")]
    person.look()


def test_what_is_pasted_or_written_by_a_scanner_without_keys(enter: Enter) -> None:
    page = enter().goes(COUNTER).page
    field, whole = page.get_by_label("Code du pass"), code()
    for text in (address(), typed(pressed(address(), "us"), "fr"), codes.grouped(whole).lower()):
        field.focus()
        page.keyboard.insert_text(text)
        expect(field).to_have_value(codes.grouped(whole))
        page.evaluate("window.reading.clear()")
    assert [one["code"] for one in heard(page)] == [whole] * 3
    page.keyboard.insert_text("https://autre.example/")
    expect(page.locator("#missing")).to_have_text("Ce n’est pas le code d’un pass.")


def test_the_field_of_another_state_is_attended_in_its_turn(enter: Enter) -> None:
    page = enter().goes(COUNTER).page
    field = page.get_by_label("Code du pass")
    page.evaluate("document.querySelector('#code').replaceWith(document.querySelector('#code').cloneNode())")
    page.evaluate("window.reading.attend(document.querySelector('#code'), document.querySelector('#missing'))")
    field.fill(code())
    expect(field).to_have_value(codes.grouped(code()))
    page.evaluate("window.reading.attend()")
    field.fill(code(2))
    expect(field).to_have_value(code(2))
    field.focus()
    scan(page, address(3))
    assert [one["code"] for one in heard(page)] == [code(), code(3)]
