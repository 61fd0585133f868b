#!/usr/bin/env python3
"""Makes demo.svg, the picture in the README, from what newswire prints on a terminal.

    python3 docs/demo.py target/release/newswire > docs/demo.svg

It runs `newswire demo` in a temporary folder and three commands over the database that it leaves, each on a terminal of
its own. Needs nothing but Python. Text stays text, colours follow the reader's light or dark mode, and lines that are
longer than the terminal are broken between words.
"""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

COLUMNS = 110
CELL = 7.8  # width of a column in pixels, for letters of 13
LINE = 18
MARGIN = 16
STYLE = """
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328; }
  .ground { fill: #f6f8fa; stroke: #d1d9e0; }
  .bold { font-weight: bold; }
  .faint, .prompt { fill: #6a737d; }
  .gone { fill: #c0262d; }
  .come { fill: #1a7f37; }
  .id { fill: #1b7c83; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ground { fill: #12171d; stroke: #30363d; }
    .faint, .prompt { fill: #8b949e; }
    .gone { fill: #ff7b72; }
    .come { fill: #56d364; }
    .id { fill: #39c5cf; }
  }
"""
CLASSES = {"1": "bold", "2": "faint", "31": "gone", "32": "come", "36": "id"}


def cells(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def on_terminal(command):
    """What a command prints on a terminal of so many columns."""
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    output = b""
    while True:
        try:
            output += os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
    if os.waitpid(process, 0)[1] != 0:
        sys.exit(f"{' '.join(command)} failed")
    return output.decode().replace("\r\n", "\n")


def lines_of(output):
    """Lines that fit the terminal, each a list of [column, class, text]: a run of one style, or a cell of a table."""
    kind = ""
    for line in output.rstrip("\n").split("\n"):
        runs, column = [], 0
        for part in re.findall(r"\x1b\[\d*m| +|[^ \x1b]+", line):
            code = re.fullmatch(r"\x1b\[(\d*)m", part)
            if code:
                kind = CLASSES.get(code[1], "")
                continue
            if column + cells(part) > COLUMNS:
                yield runs
                runs, column, part = [], 0, part.lstrip(" ")
            if runs and runs[-1][1] == kind and not runs[-1][2].endswith("  "):
                runs[-1][2] += part
            else:
                runs.append([column, kind, part])
            column += cells(part)
        yield runs


def svg(lines):
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}">'
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="ground" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="8"/>'
    for number, runs in enumerate(lines):
        y = MARGIN + number * LINE + 13
        for column, kind, text in runs:
            shown = text.rstrip(" ")
            if not shown:
                continue
            # The length holds the columns together whatever font the reader has.
            place = f'x="{MARGIN + column * CELL:.1f}" y="{y}" textLength="{cells(shown) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
            kind = f' class="{kind}"' if kind else ""
            yield f"<text {place}{kind}>{html.escape(shown, quote=False)}</text>"
    yield "</svg>"


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/newswire"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "demo", folder], check=True, capture_output=True)

        run = [program, "--db", f"{folder}/demo.db"]
        edited = subprocess.check_output([*run, "sql", "SELECT id FROM articles WHERE revision > 1"], text=True).strip()
        lines = []
        # The newest ones are all of one paper, which has published much in a night.
        shown = (["stories", "--min-sources", "3"], ["ls", "-n", "10", "--until", "1h"], ["show", edited, "--diff", "1"])
        for arguments in shown:
            lines.append([[0, "prompt", "$ "], [2, "bold", f"newswire {' '.join(arguments)}"]])
            lines += [*lines_of(on_terminal([*run, *arguments])), []]
    print("\n".join(svg(lines[:-1])))


main()
