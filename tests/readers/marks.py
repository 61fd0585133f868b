"""What newsboat reads over the Google Reader API, and what it marks: it is told what is read, and what it marks stands in the table
`reading`. `run.sh` beside this starts it.

Usage: marks.py NEWSWIRE FOLDER
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
import urllib.parse
import urllib.request

NEWSWIRE, FOLDER = sys.argv[1], sys.argv[2]
DATABASE = os.path.join(FOLDER, "news.db")
SETTINGS = os.path.join(FOLDER, "newswire.toml")
PASSWORD = "night train"


def path(*names):
    return os.path.join(FOLDER, *names)


def write(text, *names):
    os.makedirs(os.path.dirname(path(*names)), exist_ok=True)
    with open(path(*names), "w", encoding="utf-8") as file:
        file.write(text)


def query(sql, database=DATABASE):
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        return connection.execute(sql).fetchall()


def take_in(name, articles):
    write("".join(json.dumps(article) + "\n" for article in articles), name)
    subprocess.run([NEWSWIRE, "-q", "--config", SETTINGS, "import", path(name)], check=True, cwd=FOLDER)


# Not on the last day, so that it counts as read at the first login, and not so long ago that it would be of an archive.
PUBLISHED = time.time() - 30 * 3600


def article(number, source):
    return {
        "url": f"https://{source}.example/{number}", "title": f"Title {number} <b>& more</b>", "source": source, "language": "en",
        "published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(PUBLISHED + number)), "paragraphs": [f"What number {number} has to say of {source}.", f"1 < {number} & no end"],
    }


class Daemon:
    def __init__(self):
        self.process = subprocess.Popen([NEWSWIRE, "--config", SETTINGS, "run"], stderr=subprocess.PIPE, text=True, cwd=FOLDER)
        said = ""
        while not (place := re.search(r"answered at (http://[0-9.:]+)/", said)):
            line = self.process.stderr.readline()
            assert line, f"it does not begin: {said}"
            said += line
        self.base = f"{place[1]}/api/greader.php"
        form = urllib.parse.urlencode({"Email": "desk", "Passwd": PASSWORD}).encode()
        with urllib.request.urlopen(f"{self.base}/accounts/ClientLogin", form, 30) as answer:
            self.token = re.search("Auth=(.*)", answer.read().decode())[1]

    def mark(self, **form):
        request = urllib.request.Request(f"{self.base}/reader/api/0/edit-tag", urllib.parse.urlencode(form).encode())
        request.add_header("Authorization", f"GoogleLogin auth={self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.read() == b"OK"

    def end(self):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()


def newsboat(base):
    write(
        f'urls-source "feedhq"\nfeedhq-url "{base}"\nfeedhq-login "desk"\nfeedhq-password "{PASSWORD}"\nfeedhq-flag-star "s"\nfeedhq-show-special-feeds no\n',
        "newsboat", "config",
    )
    write("", "newsboat", "urls")
    names = [word for option, name in [("-u", "urls"), ("-c", "cache.db"), ("-C", "config")] for word in (option, path("newsboat", name))]
    return ["newsboat", *names], os.environ | {"HOME": path("newsboat"), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def reload(base):
    """What newsboat has then: titles with whether they are unread."""
    command, home = newsboat(base)
    subprocess.run([*command, "-x", "reload"], check=True, env=home, timeout=60, capture_output=True)
    return {title: bool(unread) for title, unread in query("SELECT title, unread FROM rss_item WHERE NOT deleted", path("newsboat", "cache.db"))}


def press(base, *steps):
    """Sits before newsboat: waits for what a step names on the screen, and presses keys."""
    command, home = newsboat(base)
    child, screen = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, home)
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = ""
    for awaited, keys in steps:
        deadline = time.monotonic() + 30
        while awaited not in seen:
            assert time.monotonic() < deadline, f"{awaited!r} is not on the screen: {seen[-2000:]!r}"
            if select.select([screen], [], [], 0.1)[0]:
                seen += os.read(screen, 65536).decode(errors="replace")
        seen = ""
        time.sleep(0.3)
        os.write(screen, keys.encode())
    deadline = time.monotonic() + 15
    with contextlib.suppress(OSError):
        # Its end of the terminal is closed when it ends.
        while time.monotonic() < deadline:
            if select.select([screen], [], [], 0.1)[0]:
                seen += os.read(screen, 65536).decode(errors="replace")
        os.kill(child, signal.SIGKILL)
        raise AssertionError(f"it does not end: {seen[-2000:]!r}")
    os.waitpid(child, 0)


def reading():
    return query("SELECT article_id, read_at IS NOT NULL, starred_at IS NOT NULL FROM reading ORDER BY article_id")


def until(expected):
    deadline = time.monotonic() + 20
    while reading() != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert reading() == expected, (reading(), expected)


def mark_and_be_told(daemon):
    title = lambda number: article(number, "")["title"]

    assert reload(daemon.base) == {title(1): False, title(2): False, title(3): True, title(4): True, title(5): True}
    # The first feed, its first article, which is the newest: it is read by being opened, and gets a star.
    press(daemon.base, ("orchard", "\r"), ("Title 3", "\r"), ("has to say", "\x05"), ("lags", "s\r"), ("s", "q"), ("Title 3", "q"), ("orchard", "q"))
    until([(3, 0, 0), (4, 1, 1), (5, 0, 0)])
    # All of the first feed.
    press(daemon.base, ("orchard", "A"), ("orchard", "q"))
    until([(3, 1, 0), (4, 1, 1), (5, 0, 0)])
    # What is marked elsewhere is told to it.
    daemon.mark(i="000a000000000005", a="user/-/state/com.google/read")
    daemon.mark(i="000a000000000003", r="user/-/state/com.google/read")
    assert reload(daemon.base) == {title(1): False, title(2): False, title(3): True, title(4): False, title(5): False}
    daemon.end()


def main():
    if not shutil.which("newsboat"):
        print("skipped: newsboat is not installed")
        return
    write('[store]\npath = "news.db"\n[http]\nlisten = "127.0.0.1:0"\nreading = true\ncredentials = "desk"\n', "newswire.toml")
    write(f"basic desk:{PASSWORD}\n", "credentials", "desk")
    os.chmod(path("credentials", "desk"), 0o600)
    take_in("first.jsonl", [article(1, "harbour"), article(2, "orchard")])
    Daemon().end()
    take_in("second.jsonl", [article(3, "harbour"), article(4, "harbour"), article(5, "orchard")])
    with Daemon() as daemon:
        mark_and_be_told(daemon)
    version = subprocess.run(["newsboat", "-v"], capture_output=True, text=True).stdout.split()[1]
    print(f"newsboat {version}: read and starred articles over the Google Reader API, and was told what was read elsewhere")


main()
