#!/usr/bin/env python3
"""Takes the pictures of pages that docs/pages.md shows: the demo's, wide and narrow, light and dark, one file a page.

Usage: docs/pages.py NEWSWIRE, with Chromium installed and Pillow at hand (`pip install Pillow`).
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).resolve().parent / "pictures"
WIDE, NARROW, HEIGHT = 1200, 390, 760
GAP = 12
COLOURS = 64


def shown(newswire, folder):
    """Plays the demo and serves it; the process, and the address."""
    process = subprocess.Popen([newswire, "demo", "--serve", folder], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in process.stderr:
        place = re.search(r"is shown at (http://[0-9.:]+)", line)
        if place:
            return process, place.group(1)
    sys.exit("the demo ended early")


def asked(address):
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


def picture(address, width, is_dark, folder):
    path = Path(folder) / f"{width}-{is_dark}.png"
    scheme = "0" if is_dark else "1"
    subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{HEIGHT}",
         f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={path}", address],
        check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )
    return Image.open(path).convert("RGB")


def main():
    newswire = sys.argv[1]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        process, base = shown(newswire, folder)
        try:
            story = max(asked(f"{base}/stories.json"), key=lambda row: row["n_sources"])["id"]
            revised = asked(f"{base}/revised.json")[0]["id"]
            source = "meridian-wire"
            pages = {"front": "/", "story": f"/stories/{story}", "diff": f"/articles/{revised}/diff/1..2", "sources": "/sources",
                     "source": f"/sources/{source}"}
            for name, path in pages.items():
                views = [picture(base + path, width, is_dark, folder) for width in (WIDE, NARROW) for is_dark in (False, True)]
                whole = Image.new("RGB", (2 * (WIDE + NARROW) + 3 * GAP, HEIGHT), "white")
                left = 0
                for view in views:
                    whole.paste(view, (left, 0))
                    left += view.width + GAP
                whole.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
