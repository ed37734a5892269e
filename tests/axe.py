"""What axe finds wrong on a page of a story, by day and by night."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# An open menu covers what is under it until it is closed; otherwise a finger needs 24 pixels (WCAG 2.2, 2.5.8).
ALL_RULES = "rules: {'target-size': {enabled: !document.querySelector('details.menu[open]')}}"
COLOURS = "runOnly: ['color-contrast', 'link-in-text-block']"

RUN = "axe.run({resultTypes: ['violations'], {options}}).then(found => found.violations)"

# A colour on its way from one theme to the other is neither's.
STILL = """() => {
  for (const each of document.getAnimations()) {
    if (each.effect.getComputedTiming().endTime === Infinity) each.cancel();
    else each.finish();
  }
}"""

Theme = Literal["light", "dark"]
THEMES: dict[Theme, str] = {"light": ALL_RULES, "dark": COLOURS}
"""Each with what axe is asked in it: of one page to the other only the colours change."""


def faults(page: Page, theme: Theme) -> list[str]:
    """What is wrong in a theme, and where; the page is seen in it from then on."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate(STILL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return [
        f"{theme} {each['id']}: {node['target']} {[check['message'] for check in node['any']]}"
        for each in page.evaluate(RUN.replace("{options}", THEMES[theme]))
        for node in each["nodes"]
    ]


def all_faults(page: Page) -> list[str]:
    """What is wrong in either theme."""
    return [fault for theme in THEMES for fault in faults(page, theme)]
