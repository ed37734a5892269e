"""A pytest plugin: with everything, each story of the browser is told by mouse, and again by the keyboard alone.

By keyboard, what a story clicks, chooses or fills in is reached by Tab, and by arrows where it is one of several:
never by a mouse, and never by a script. A story that only a mouse can tell, or that is told by keys already, says so
by its marker `one_hand`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Locator, Mouse, Page, Touchscreen, expect

from tests.chromium import PATIENCE
from tests.install import eventually

HANDS = ["mouse", "keyboard"]
FAR = 250
"""After so many presses of Tab one has been everywhere on a page."""
LONG = 500
"""Letters above which a text is put in at once, as an input method does: typing it would take minutes."""
TICKED = {"checkbox", "radio"}
PICKED = {"date", "time", "datetime-local", "month", "week", "color", "range"}
"""Inputs whose parts are typed in an order that the browser's language decides."""

NATIVE_FILL = Locator.fill

held: dict[Page, float] = {}
"""Since when each page of the story that had the focus somewhere is drawn, in milliseconds."""

# What takes the focus when one means this: itself, what it is the label of, or what lies under its middle.
FIND = """element => {
    const takes = 'a[href], button, summary, input, select, textarea, [tabindex]:not([tabindex="-1"]), [role=tab], [role^=menuitem]';
    const near = element.closest(takes);
    if (near) return near;
    const label = element.closest('label');
    if (label?.control) return label.control;
    const { x, y, width, height } = element.getBoundingClientRect();
    const under = element.getRootNode().elementFromPoint(x + width / 2, y + height / 2)?.closest(takes);
    return under && element.contains(under) ? under : element.querySelector(takes) ?? element;
}"""  # noqa: E501
# "there"; "beside" it, where arrows go on; or on which side of the focus it is.
WHERE = f"""element => {{
    const target = ({FIND})(element);
    const root = target.getRootNode();
    const active = root.activeElement;
    if (active === target && target.ownerDocument.hasFocus()) return 'there';
    if (!active || active === document.body) return 'after';
    const group = target.tabIndex < 0 && target.closest('[role=menu], [role=listbox], [role=tablist], [role=grid]');
    const radio = active.type === 'radio' && target.type === 'radio' && active.name === target.name;
    if (radio && active.form === target.form || group && group.contains(active)) return 'beside';
    return target.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING ? 'before' : 'after';
}}"""
# Whoever sees must see where they are: what has the focus, or the label of what is drawn by it.
SEEN = f"""element => {{
    const target = ({FIND})(element);
    const drawn = ['checkbox', 'radio'].includes(target.type) && target.labels[0] || target;
    const {{ left, right, top, bottom }} = drawn.getBoundingClientRect();
    const near = left < innerWidth && right > 0 && top < innerHeight && bottom > 0;
    return near && drawn.checkVisibility({{ opacityProperty: true, visibilityProperty: true }});
}}"""
DRAWN = "performance.timeOrigin"
NOWHERE = "!document.activeElement || document.activeElement === document.body"
KIND = f"element => {{ const found = ({FIND})(element); return found.type ?? found.localName; }}"
PRESSED = f"element => ({FIND})(element).matches('a, button, summary, [type=submit], [role=tab], [role^=menuitem]')"
OPTIONS = "select => [...select.options].map(({ value, label, selected }) => ({ value, label, selected }))"
COMBOBOX = "option => option.closest('[role=listbox]').id"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both hands, where everything is told and a story does not say that it takes one."""
    told = metafunc.definition
    alone = told.get_closest_marker("one_hand")
    if os.environ.get("BANDEJA_TEST_ALL") and told.get_closest_marker("browser") and not alone:
        metafunc.parametrize("hand", HANDS, indirect=True)


@pytest.fixture(autouse=True)
def hand(request: pytest.FixtureRequest) -> Iterator[str]:
    """With which the story is told."""
    told = getattr(request, "param", HANDS[0])
    with pytest.MonkeyPatch.context() as patch:
        if told == "keyboard":
            for name, acts in BY_KEYBOARD.items():
                patch.setattr(Locator, name, acts)
            for device, names in BY_NO_KEY.items():
                for name in names:
                    patch.setattr(device, name, _by_no_key)
        yield told
    held.clear()


def _by_no_key(*_given: Any, **_named: Any) -> NoReturn:
    raise AssertionError("by keyboard alone")


def _reach(self: Locator, *, seen: bool = True) -> None:
    """The focus, which must not have been lost, goes there by Tab, or by arrows where it is one of several."""
    if seen:
        expect(self).to_be_visible()
        expect(self).to_be_enabled()
    page = self.page
    if held.get(page) == page.evaluate(DRAWN):
        assert eventually(lambda: not page.evaluate(NOWHERE), seconds=3), f"the focus was lost before {self}"
    until = time.monotonic() + PATIENCE / 1000
    while not _walk(self):  # what is drawn anew meanwhile is walked to again
        assert time.monotonic() < until, f"no key leads to {self}"
    assert eventually(lambda: bool(self.evaluate(SEEN))), f"it has the focus, and nobody sees it: {self}"
    held[page] = page.evaluate(DRAWN)


def _walk(self: Locator) -> bool:
    """Whether it has the focus, at the latest when one has been everywhere."""
    where = self.evaluate(WHERE)
    step = "Shift+Tab" if where == "before" else "Tab"
    for _ in range(FAR):
        if where == "there":
            return True
        self.page.keyboard.press("ArrowDown" if where == "beside" else step)
        where = self.evaluate(WHERE)
    return False


def _click(self: Locator, *, force: bool = False, **given: Any) -> None:
    """Enter does what a click does; a box to tick takes Space; one of a list that is chosen from is walked to."""
    assert not given.keys() - {"timeout"}, "by keyboard alone"
    if self.get_attribute("role") == "option":
        return _choose(self)
    _reach(self, seen=not force)
    if self.evaluate(KIND) in TICKED:
        self.page.keyboard.press("Space")
    elif self.evaluate(PRESSED):
        self.page.keyboard.press("Enter")
    return None


def _choose(self: Locator) -> None:
    """The focus stays in the box that the list belongs to; arrows go to what is chosen."""
    _reach(self.page.locator(f"[aria-controls='{self.evaluate(COMBOBOX)}']"))
    for _ in range(FAR):
        if self.get_attribute("aria-selected") == "true":
            return self.page.keyboard.press("Enter")
        self.page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {self}")


def _check(self: Locator, **given: Any) -> None:
    if not self.is_checked():
        _reach(self, seen=not given.get("force"))
    if not self.is_checked():  # an arrow that leads to a radio checks it
        self.page.keyboard.press("Space")
    expect(self).to_be_checked()


def _uncheck(self: Locator, **given: Any) -> None:
    if self.is_checked():
        _click(self, **given)
    expect(self).not_to_be_checked()


def _fill(self: Locator, value: str, **given: Any) -> None:
    _reach(self)
    if self.evaluate(KIND) in PICKED:
        return NATIVE_FILL(self, value, **given)
    keyboard = self.page.keyboard
    keyboard.press("Control+a")
    if not value:
        return keyboard.press("Delete")
    if len(value) > LONG:
        return keyboard.insert_text(value)
    for number, line in enumerate(value.split("\n")):
        if number:
            keyboard.press("Shift+Enter")
        keyboard.type(line)
    return None


def _select_option(self: Locator, value: str | None = None, *, label: str | None = None, **given: Any) -> list[str]:
    """Its letters are typed; where another begins with the same ones, arrows go on."""
    assert not given.keys() - {"timeout"}, "one by its value or its label"
    _reach(self)
    options = self.evaluate(OPTIONS)
    meant = [label == each["label"] or value in {each["value"], each["label"]} for each in options]
    number = meant.index(True)
    wanted = options[number]
    if not wanted["selected"]:
        self.page.keyboard.type(wanted["label"])
    if self.input_value() != wanted["value"]:
        self.page.keyboard.press("Home")
        for _ in range(number):
            self.page.keyboard.press("ArrowDown")
    expect(self).to_have_value(wanted["value"])
    return [wanted["value"]]


def _press(self: Locator, key: str, **_given: Any) -> None:
    _reach(self)
    self.page.keyboard.press(key)


def _press_sequentially(self: Locator, text: str, **_given: Any) -> None:
    _reach(self)
    self.page.keyboard.type(text)


def _focus(self: Locator, **_given: Any) -> None:
    _reach(self)


def _hover(self: Locator, **_given: Any) -> None:
    """Nothing needs a pointer over it: what a pointer shows, the focus shows."""


BY_KEYBOARD = {
    "click": _click,
    "check": _check,
    "uncheck": _uncheck,
    "fill": _fill,
    "select_option": _select_option,
    "press": _press,
    "press_sequentially": _press_sequentially,
    "focus": _focus,
    "hover": _hover,
}
BY_NO_KEY = {
    Locator: ("dblclick", "drag_to", "tap"),
    Mouse: ("click", "dblclick", "move", "down", "up", "wheel"),
    Touchscreen: ("tap",),
}
