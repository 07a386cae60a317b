"""A person at the form: sees what is drawn, types, clicks."""

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

_CAPTIONS = """
const text = (box, kind) => box.querySelector(`:scope > .${kind}`)?.textContent.trim() ?? "";
return [...document.querySelectorAll("[data-path]")]
  .filter((box) => box.checkVisibility())
  .map((box) => [box.dataset.path.replace("root_", ""), text(box, "title"), text(box, "help")]);
"""


class Form:
    """The drawn form. A field is named by its path, such as `vendor.api_key`."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser
        WebDriverWait(browser, 20).until(lambda _: self.all("#submit"))

    def all(self, selector: str, inside: WebElement | None = None) -> list[WebElement]:
        """What matches."""
        return (inside or self.browser).find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str, inside: WebElement | None = None) -> list[str]:
        """The texts of what matches and can be seen."""
        return [found.text for found in self.all(selector, inside) if found.is_displayed()]

    def input(self, path: str) -> WebElement:
        """What a value is typed into."""
        return self.browser.find_element(By.ID, _id(path))

    def box(self, path: str) -> WebElement:
        """A value with its label, its help text and its complaints."""
        return self.browser.find_element(By.CSS_SELECTOR, f'[data-path="{_id(path)}"]')

    def shown(self) -> list[str]:
        """The paths of the fields that can be seen, from top to bottom; sections with variants too."""
        return [path for path, _, _ in self.captions()]

    def captions(self) -> list[tuple[str, str, str]]:
        """The path, the title and the help text of what can be seen, in one question to the browser."""
        return [tuple(caption) for caption in self.browser.execute_script(_CAPTIONS)]

    def unfold(self) -> None:
        """Opens every fold."""
        for fold in self.all("details:not([open]) > summary"):
            fold.click()

    def type(self, path: str, text: str) -> None:
        """Replaces what a field holds."""
        field = self.input(path)
        field.clear()
        field.send_keys(text)

    def value(self, path: str) -> str:
        """What a field holds; of a choice, what it shows."""
        field = self.input(path)
        if field.tag_name == "select":
            return Select(field).first_selected_option.text
        return field.get_attribute("value")

    def pick(self, path: str, title: str) -> None:
        """Switches a section to another variant."""
        [tile] = [t for t in self.all(".tile", self.box(path)) if self.texts(".title", t)[:1] == [title]]
        self.all("input", tile)[0].click()

    def add(self, path: str) -> None:
        """Adds an entry to a list."""
        self.browser.find_element(By.ID, f"{_id(path)}__add").click()

    def submit(self) -> dict | None:
        """Sends the form; there is nothing when the form refuses."""
        self.browser.find_element(By.ID, "submit").click()
        return self.browser.execute_script("return window.submitted ?? null")

    def complaints(self) -> dict[str, str]:
        """What the form says is wrong, by field."""
        boxes = ((box, self.texts(":scope > .error", box)) for box in self.all(".field[data-path]"))
        return {
            box.get_attribute("data-path").removeprefix("root_"): " ".join(said)
            for box, said in boxes
            if said
        }

    def picture(self, path: Path) -> None:
        """Saves the whole page as an image, to be looked at."""
        height = self.browser.execute_script("return document.documentElement.scrollHeight")
        self.browser.set_window_size(900, height + 200)
        self.browser.save_screenshot(str(path))


def _id(path: str) -> str:
    return "root_" + path.replace("[", ".").replace("]", "").replace(".", "_")
