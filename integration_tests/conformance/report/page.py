"""A report as somebody sees it."""

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

_CONTRASTS = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgb(getComputedStyle(at).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
const texts = [...document.body.querySelectorAll("*")].filter((element) =>
  !element.closest("svg") && element.checkVisibility() &&
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
return texts.map((element) => {
  const [one, other] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [contrast, element.textContent.trim().slice(0, 60)];
});
"""

_TOO_WIDE = """
const width = document.documentElement.clientWidth;
return [...document.body.querySelectorAll("*")]
  .filter((element) => element.checkVisibility() && !element.closest(".head") &&
    (element.getBoundingClientRect().right > width + 1 || element.getBoundingClientRect().left < -1))
  .map((element) => element.outerHTML.slice(0, 120));
"""


class Page:
    """A page in a window of some width, in one colour scheme."""

    def __init__(self, browser: Chrome, path: Path, width: int, scheme: str) -> None:
        self.browser, self.width, self.scheme, self.name = browser, width, scheme, path.stem
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get_log("browser")
        browser.get(path.as_uri())

    def console(self) -> list[dict]:
        """What the browser complains about."""
        return self.browser.get_log("browser")

    def scrolls_sideways(self) -> bool:
        """Whether a part of the page lies beside the window."""
        return self.browser.execute_script(
            "const page = document.documentElement; return page.scrollWidth > page.clientWidth;"
        )

    def too_wide(self) -> list[str]:
        """What reaches out of the window."""
        return self.browser.execute_script(_TOO_WIDE)

    def contrasts(self) -> list[tuple[float, str]]:
        """How much each text differs from what is behind it."""
        return [tuple(found) for found in self.browser.execute_script(_CONTRASTS)]

    def number(self, selector: str) -> int:
        """A number as it is shown."""
        return int(self.browser.find_element(By.CSS_SELECTOR, selector).text.replace(",", ""))

    def numbers(self, selector: str) -> list[int]:
        """Several of them."""
        return [int(found.text.replace(",", "")) for found in self.all(selector)]

    def all(self, selector: str) -> list:
        """What matches."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self) -> str:
        """All that can be read."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    def background(self) -> str:
        """The paper's colour."""
        return self.browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    def picture(self, path: Path) -> None:
        """Saves the whole page as an image, to be looked at."""
        height = self.browser.execute_script("return document.documentElement.scrollHeight")
        override = {"width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": self.width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", override)
        self.browser.save_screenshot(str(path))
