"""The page that draws the form: its packages, its bundle, and what it is given."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from support.connector import run

PAGE = Path(__file__).parent / "page"
PACKAGES = Path(__file__).parent
NODE = Path(os.environ["AI_VOICE_ENVIRONMENTS"]) / "form" / "node"
LOCK = "package-lock.json"


def specification() -> dict:
    """The form as the connector gives it."""
    [message] = run("spec").messages("SPEC")
    return message["spec"]["connectionSpecification"]


def bundle(folder: Path) -> Path:
    """Puts the page with its programs into a folder of its own."""
    _install()
    shutil.copy(PAGE / "index.html", folder)
    subprocess.run(
        [
            NODE / "node_modules/.bin/esbuild",
            PAGE / "main.jsx",
            "--bundle",
            "--jsx=automatic",
            "--log-level=error",
            '--define:process.env.NODE_ENV="production"',
            f"--outfile={folder / 'bundle.js'}",
        ],
        env={**os.environ, "NODE_PATH": str(NODE / "node_modules")},
        timeout=120,
        check=True,
    )
    return folder / "index.html"


def give(page: Path, specification: dict, saved: dict | None) -> None:
    """What the page draws when it is loaded next: a form, empty or with a saved configuration."""
    given = f"window.specification = {json.dumps(specification)};\n"
    if saved is not None:
        given += f"window.saved = {json.dumps(saved)};\n"
    (page.parent / "given.js").write_text(given, encoding="utf-8")


def _install() -> None:
    """The pinned packages, anew when the pins change; the source tree stays without them."""
    installed = NODE / "node_modules" / LOCK
    if installed.exists() and installed.read_bytes() == (PACKAGES / LOCK).read_bytes():
        return
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK, ".npmrc"):
        shutil.copy(PACKAGES / name, NODE)
    npm = ["npm", "ci", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(npm, cwd=NODE, timeout=600, check=True)
    shutil.copy(PACKAGES / LOCK, installed)
