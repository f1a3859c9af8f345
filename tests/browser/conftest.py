"""A real Chromium, one for each test process, and a page that forgives no error and no request."""

import shutil
from urllib.parse import urlsplit

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no Chromium on the PATH ({', '.join(BROWSERS)})")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page 1280 pixels wide, which must see no error and ask nothing of another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults = []
    page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", lambda asked: faults.append(f"request: {asked.url}") if leaves(asked.url) else None)
    yield page
    context.close()
    assert not faults, faults


def leaves(url):
    """Whether a request leaves the machine."""
    parts = urlsplit(url)
    return parts.scheme not in ("file", "data", "blob", "about") and parts.hostname not in LOOPBACK


@pytest.fixture
def violations():
    """``violations(page)``: what axe-core finds on the page as it is, one line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def find(page):
        # Preloading style sheets would be a request that a page's policy refuses.
        options = {"resultTypes": ["violations"], "preload": False}
        found = axe.run(page, options=options).response["violations"]
        return [
            f"{rule['id']}: {rule['help']}: {node['target']} {node.get('failureSummary', '')}"
            for rule in found
            for node in rule["nodes"]
        ]

    return find
