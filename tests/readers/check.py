"""What feed readers make of the feeds of `newswire serve`. `run.sh` beside this starts it.

Usage: check.py NEWSWIRE FOLDER
"""

import contextlib
import dataclasses
import datetime
import html.parser
import http.client
import http.server
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import traceback
import urllib.parse

import feedparser
import reader as reader_library

NEWSWIRE, FOLDER = sys.argv[1], sys.argv[2]
HERE = os.path.dirname(os.path.abspath(__file__))
HOSTILE = os.path.join(HERE, "..", "fixtures", "hostile")
DATABASE = os.path.join(FOLDER, "feeds.db")
MODULES = os.environ.get("NODE_MODULES", "")

ATOM_FEEDS = [
    "/search.atom", "/search.atom?q=storm", "/search.atom?source=a&body=lead", "/search.atom?reserved=no", "/search.atom?lang=xx",
    "/stories.atom", "/stories.atom?min_sources=3", "/revised.atom", "/removed.atom",
]
JSON_FEEDS = ["/search.feed.json", "/stories.feed.json", "/revised.feed.json", "/removed.feed.json"]

outcomes = {"passed": 0, "failed": []}


@contextlib.contextmanager
def check(what):
    """A claim: what it holds is asserted within."""
    try:
        yield
    except Exception:
        outcomes["failed"].append(what)
        print(f"FAILED  {what}\n{traceback.format_exc()}", flush=True)
    else:
        outcomes["passed"] += 1


def newswire(*arguments):
    return subprocess.run([NEWSWIRE, "--db", DATABASE, *arguments], check=True, capture_output=True, text=True, cwd=FOLDER).stdout


def query(sql, *parameters):
    with contextlib.closing(sqlite3.connect(DATABASE, timeout=30)) as connection, connection:
        return connection.execute(sql, parameters).fetchall()


def take_in(name, articles):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    newswire("import", path)


def hostile(name):
    with open(os.path.join(HOSTILE, f"{name}.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def make_store():
    first = hostile("first")
    first[1]["title"] += "x" * 100_000
    take_in("first.jsonl", first)
    take_in("second.jsonl", hostile("second"))
    query("UPDATE articles SET removed_at = '2026-11-26T08:00:00Z' WHERE id = 5")
    query("UPDATE articles SET reservations = '[\"tdm-reservation\"]' WHERE id = 4")


def grow_store():
    """The story of the storm gets another report, and its first article another wording."""
    article = hostile("second")[0]
    article["paragraphs"].append("And in the evening the ferry came back, with everybody on board of it.")
    article["first_seen_at"] = "2026-11-27T08:00:00Z"
    report = hostile("first")[5] | {"url": "https://d.example/7", "title": "Storm & <i>no</i> end", "source": "d", "published": "2026-11-26T08:00:00Z"}
    take_in("third.jsonl", [article, report])


# What comes of that in each list: a story that has grown is the entry that it was.
NEW = {"/search": {"articles/7"}, "/revised": {"articles/1/diff/2..3"}}


class Server:
    """`newswire serve`, and before it somebody who passes on what is asked and writes down who asked and how it was answered."""

    def __init__(self):
        self.process = subprocess.Popen(
            [NEWSWIRE, "--db", DATABASE, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, cwd=FOLDER
        )
        place = None
        while place is None:
            line = self.process.stderr.readline()
            assert line, "it does not begin"
            place = re.search(r"http://([0-9.:]+)", line)
        # It is to write on without waiting.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        host, port = place[1].rstrip(":").split(":")
        self.exchanges = []
        exchanges = self.exchanges

        class Passage(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                behind = http.client.HTTPConnection(host, int(port), timeout=60)
                behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    behind.putheader(name, value)
                behind.endheaders()
                answer = behind.getresponse()
                body = answer.read()
                exchanges.append((self.path, answer.status))
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                behind.close()

            do_GET = do_HEAD = pass_on

            def log_message(self, *_):
                pass

        self.passage = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passage)
        threading.Thread(target=self.passage.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.passage.server_port}"

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.passage.server_port, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def statuses(self, began):
        """How feeds were answered since so many exchanges."""
        feeds = {*ATOM_FEEDS, *JSON_FEEDS}
        return {status: [path for path, given in self.exchanges[began:] if given == status and path in feeds] for _, status in self.exchanges[began:]}

    def end(self):
        self.passage.shutdown()
        self.process.terminate()
        self.process.wait(30)


@dataclasses.dataclass
class Entry:
    """An entry as it should be, or as a reader has it."""

    id: str
    title: str
    link: str
    published: int
    authors: list
    content: str


def plain(content):
    """What HTML says, and that it says so without anything that does something."""
    pieces = []

    class Says(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            assert tag in ("p", "ul", "li", "a", "del", "ins", "h2"), tag
            assert not [name for name, _ in attributes if name not in ("class", "dir", "href")], attributes

        def handle_data(self, data):
            pieces.append(data)

    says = Says()
    says.feed(content)
    says.close()
    return "".join(pieces)


def seconds(time):
    if not time:
        return None
    return int(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp())


def shown(title):
    title = title.strip()
    return title if len(title.encode()) <= 1000 else title.encode()[:1000].decode(errors="ignore") + "…"


def expected(path, base, form):
    """The entries of a feed by what is stored: id, as far as it is the entry's, and the rest; of the content what it must say."""
    path, _, question = path.partition("?")
    question = dict(urllib.parse.parse_qsl(question))
    is_json = form == "json"
    entries = {}
    if path.startswith("/stories"):
        n_sources = int(question.get("min_sources", 1))
        rows = query("SELECT id, title, first_published_at FROM stories WHERE n_articles > 1 AND n_sources >= ? AND NOT is_routine", n_sources)
        for number, title, at in rows:
            members = query("SELECT title FROM articles WHERE story_id = ?", number)
            name = f"stories/{number}"
            entries[name] = Entry(name, shown(title), f"{base}/{name}", seconds(at), ["newswire"], [shown(member) for member, in members])
        return entries
    conditions = {
        "/search": "TRUE", "/revised": "revision > 1", "/removed": "removed_at IS NOT NULL",
    }
    sql = f"""SELECT articles.id, articles.title, articles.url, published_at, authors, body, revision, reservations, slug, removed_at, articles.language
              FROM articles LEFT JOIN sources ON sources.id = source_id WHERE {conditions[path.split('.')[0]]}"""
    for number, title, url, at, authors, body, revision, reservations, slug, removed_at, language in query(sql):
        if question.get("reserved") == "no" and reservations != "[]":
            continue
        if question.get("source", slug) != slug or question.get("lang", language) != language:
            continue
        if question.get("q", "").lower() not in f"{title}\n{body}".lower():
            continue
        name, page = f"articles/{number}", f"{base}/articles/{number}"
        paragraphs = body.splitlines()
        if path.startswith("/removed"):
            name, at = f"{name}/removed", removed_at
        if path.startswith("/revised"):
            name = f"{name}/diff/{revision - 1}..{revision}"
            page, at = f"{base}/{name}", None
        if question.get("body") == "lead":
            paragraphs = paragraphs[:1]
        is_of_web = url is not None and url.startswith("https://")
        nobody = [] if is_json else ["unknown"]
        entries[name] = Entry(name, shown(title), url if is_of_web else page, seconds(at), json.loads(authors) or nobody, paragraphs)
    return entries


def is_same(found, wanted):
    assert found.id.endswith(f"/{wanted.id}") and found.id.startswith("tag:"), (found.id, wanted.id)
    assert found.title == wanted.title, (found.title, wanted.title)
    assert found.link == wanted.link, (found.link, wanted.link)
    assert wanted.published is None or found.published == wanted.published, (found.published, wanted.published)
    assert [name for name in found.authors if name] == wanted.authors, (found.authors, wanted.authors)
    said = plain(found.content)
    for paragraph in wanted.content:
        assert paragraph in said, (paragraph[:200], said[:2000])


class Feedparser:
    """Python's feedparser, and what it has found, by id, as programs keep that stand on it."""

    name, feeds, is_conditional = f"feedparser {feedparser.__version__}", ATOM_FEEDS, True
    n_first = 1

    def __init__(self):
        self.known = {}
        self.tags = {}

    def read(self, server):
        for path in self.feeds:
            read = feedparser.parse(server.base + path, etag=self.tags.get(path))
            assert not read.bozo, read.bozo_exception
            self.tags[path] = read.get("etag") or self.tags[path]
            held = self.known.setdefault(path, {})
            for entry in read.entries:
                assert entry.title_detail.type == "text/plain", entry.title_detail
                published = entry.get("published") or entry.updated
                authors = [author.name for author in entry.authors]
                held[entry.id] = Entry(entry.id, entry.title, entry.link, seconds(published), authors, entry.content[0].value)

    def held(self, path):
        return list(self.known.get(path, {}).values())


class Library:
    """Python's reader, which keeps what it has read in a database."""

    name, feeds, is_conditional = f"reader {reader_library.__version__}", [*ATOM_FEEDS, *JSON_FEEDS], True
    n_first = 1

    def __init__(self):
        self.reader = reader_library.make_reader(os.path.join(FOLDER, "reader.db"))
        self.base = None

    def read(self, server):
        if self.base is None:
            self.base = server.base
            for path in self.feeds:
                self.reader.add_feed(server.base + path)
        for result in self.reader.update_feeds_iter(scheduled=False):
            assert not isinstance(result.value, Exception), result

    def held(self, path):
        entries = []
        for entry in self.reader.get_entries(feed=self.base + path):
            # Where it came from is the link, in JSON the page about it is.
            link = entry.link
            authors = [author.name for author in entry.authors]
            published = int((entry.published or entry.updated).timestamp())
            entries.append(Entry(entry.id, entry.title, link, published, authors, entry.content[0].value))
        return entries


class Newsboat:
    """newsboat, into whose cache we look. What has one id it keeps once, whichever feed it came in: each feed has a cache of its own here.
    It keeps the tag of a feed from the second reading on."""

    feeds, is_conditional, n_first = ATOM_FEEDS, True, 2

    def __init__(self):
        self.name = "newsboat " + subprocess.run(["newsboat", "-v"], capture_output=True, text=True).stdout.split()[1]
        self.base = None

    def path(self, feed, name):
        return os.path.join(FOLDER, "newsboat", re.sub(r"\W+", "-", feed), name)

    def run(self, feed, *arguments):
        command = ["newsboat", "-u", self.path(feed, "urls"), "-c", self.path(feed, "cache.db"), "-C", self.path(feed, "config"), *arguments]
        home = os.environ | {"HOME": self.path(feed, "")}
        subprocess.run(command, check=True, capture_output=True, text=True, env=home, timeout=120)

    def begin(self, feed, urls):
        os.makedirs(self.path(feed, ""))
        for name, text in [("config", ""), ("urls", urls)]:
            with open(self.path(feed, name), "w", encoding="utf-8") as file:
                file.write(text)

    def read(self, server):
        if self.base is None:
            self.base = server.base
            self.take_list(server)
            for feed in self.feeds:
                self.begin(feed, f"{server.base}{feed}\n")
        for feed in self.feeds:
            self.run(feed, "-x", "reload")

    def take_list(self, server):
        self.begin("list", "")
        with open(self.path("list", "feeds.opml"), "wb") as opml:
            opml.write(server.ask("/feeds.opml").body)
        self.run("list", "-i", self.path("list", "feeds.opml"))
        with open(self.path("list", "urls"), encoding="utf-8") as urls:
            taken = {line.split()[0] for line in urls if line.strip()}
        offered = {server.base + feed["atom"] for feed in json.loads(server.ask("/feeds.json").body)}
        with check(f"{self.name} takes the feeds from OPML"):
            assert taken == offered, (taken, offered)

    def held(self, feed):
        with contextlib.closing(sqlite3.connect(self.path(feed, "cache.db"))) as cache:
            rows = cache.execute("SELECT guid, title, url, pubDate, author, content FROM rss_item WHERE NOT deleted").fetchall()
        return [Entry(guid, title, url, published, author.split(", "), content) for guid, title, url, published, author, content in rows]


class Filter:
    """A program that reads one document and prints what it finds; we fetch for it."""

    is_conditional, n_first = True, 1

    def __init__(self):
        self.known, self.tags = {}, {}

    def read(self, server):
        for path in self.feeds:
            conditions = {"If_None_Match": self.tags[path]} if path in self.tags else {}
            answer = server.ask(path, **conditions)
            self.tags[path] = answer.getheader("etag")
            held = self.known.setdefault(path, {})
            if answer.status == 200:
                held.update((entry.id, entry) for entry in self.entries(answer.body))

    def held(self, path):
        return list(self.known.get(path, {}).values())


class Sfeed(Filter):
    """sfeed, a line an entry. It has the first author alone."""

    name, feeds = "sfeed", ATOM_FEEDS

    def entries(self, document):
        said = subprocess.run(["sfeed"], input=document, check=True, capture_output=True).stdout.decode()
        for line in said.splitlines():
            at, title, link, content, kind, name, author, *_ = line.split("\t")
            assert kind == "html", kind
            yield Entry(name, title, link, int(at), [author], content.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\"))


class Node(Filter):
    """A parser of Node's."""

    def entries(self, document):
        command = ["node", os.path.join(HERE, "parse.mjs"), self.parser]
        said = subprocess.run(command, input=document, check=True, capture_output=True).stdout
        for entry in json.loads(said):
            yield Entry(**{**entry, "published": seconds(entry["published"])})


class RssParser(Node):
    name = parser = "rss-parser"
    feeds = ATOM_FEEDS


class Feedsmith(Node):
    name = parser = "feedsmith"
    feeds = [*ATOM_FEEDS, *JSON_FEEDS]


def readers_to_be_had():
    readers = [Feedparser(), Library()]
    for program, kind in [("newsboat", Newsboat), ("sfeed", Sfeed)]:
        if shutil.which(program):
            readers.append(kind())
        else:
            print(f"skipped: {program} is not installed")
    for package, kind in [("rss-parser", RssParser), ("feedsmith", Feedsmith)]:
        if os.path.isdir(os.path.join(MODULES, package)):
            readers.append(kind())
    return readers


def check_all(reader, server, when):
    """That a reader has in each feed what is stored, and nothing twice. How many entries it has by feed."""
    counts = {}
    for path in reader.feeds:
        form = "json" if path in JSON_FEEDS else "atom"
        with check(f"{reader.name} has what is stored of {path}, {when}"):
            held = reader.held(path)
            counts[path] = len(held)
            assert len({entry.id for entry in held}) == len(held), "an entry is doubled"
            wanted = expected(path, server.base, form)
            by_name = {entry.id.split("/", 1)[1]: entry for entry in held}
            for name, entry in wanted.items():
                assert name in by_name, (name, list(by_name))
                if form == "json" and isinstance(reader, Library):
                    entry.link = f"{server.base}/{name.removesuffix('/removed')}"
                is_same(by_name[name], entry)
            # What was in the feed before stays with the reader.
            assert len(wanted) == len(held) or when == "grown", (list(wanted), list(by_name))
    return counts


def check_requests(server):
    with check("HEAD says what GET says, without the feed"):
        whole, head = server.ask("/search.atom"), server.ask("/search.atom", method="HEAD")
        told = lambda answer: {name: value for name, value in answer.getheaders() if name != "date"}
        assert head.status == 200 and head.body == b"" and told(head) == told(whole), (told(head), told(whole))
    tag = whole.getheader("etag")
    with check("HEAD is answered conditionally too"):
        assert server.ask("/search.atom", method="HEAD", If_None_Match=tag).status == 304


def main():
    make_store()
    server = Server()
    readers = readers_to_be_had()
    table = {}
    try:
        check_requests(server)
        for reader in readers:
            with check(f"{reader.name} reads"):
                for _ in range(reader.n_first):
                    reader.read(server)
                first = check_all(reader, server, "first")
                began = len(server.exchanges)
                reader.read(server)
                statuses = server.statuses(began)
                with check(f"{reader.name} is told that nothing has changed"):
                    assert list(statuses) == [304], statuses
                with check(f"{reader.name} has no more then"):
                    assert check_all(reader, server, "again") == first
                table[reader.name] = [sum(first.values()), len(reader.feeds), " ".join(map(str, statuses))]
        before = {reader.name: {path: {entry.id for entry in reader.held(path)} for path in reader.feeds} for reader in readers}
        grow_store()
        for reader in readers:
            with check(f"{reader.name} reads what has grown"):
                reader.read(server)
                grown = check_all(reader, server, "grown")
                n_new = 0
                for path in reader.feeds:
                    ids = {entry.id for entry in reader.held(path)}
                    new = ids - before[reader.name][path]
                    n_new += len(new)
                    with check(f"{reader.name} has in {path} what is new and nothing else"):
                        assert before[reader.name][path] <= ids
                        assert {id.split("/", 1)[1] for id in new} == NEW.get(re.split(r"[.?]", path)[0], set()) & set(expected(path, server.base, "")), new
                began = len(server.exchanges)
                reader.read(server)
                with check(f"{reader.name} is told that nothing more has changed"):
                    assert list(server.statuses(began)) == [304] or reader.n_first == 2, server.statuses(began)
                table[reader.name] += [n_new, sum(grown.values())]
    finally:
        server.end()
    print(f"{'reader':<20} {'feeds':>5} {'entries':>7}  unchanged  {'new':>4} {'then':>5}")
    for name, (entries, feeds, unchanged, *then) in table.items():
        print(f"{name:<20} {feeds:>5} {entries:>7}  {unchanged:<9} " + " ".join(f"{n:>4}" for n in then))
    n_failed = len(outcomes["failed"])
    print(f"{outcomes['passed']} claims hold, {n_failed} do not{''.join(f'; {what}' for what in outcomes['failed'])}")
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
