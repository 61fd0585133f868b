"""Uses a database with Datasette, sqlite-utils, pandas and DuckDB while articles come in. `run.sh` beside this starts it.

Usage: check.py NEWSWIRE FOLDER N_ARTICLES [KEEP]
"""

import contextlib
import html
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

import invent

NEWSWIRE, FOLDER, N_ARTICLES = sys.argv[1], sys.argv[2], int(sys.argv[3])
KEEP = sys.argv[4] if len(sys.argv) > 4 else ""
DATABASE = os.path.join(FOLDER, "news.db")
TOOLS = os.path.dirname(sys.executable)

# What has an index: with the metadata Datasette offers to sort by these alone.
SORTED = [
    "id", "source_id", "date", "published_at", "url", "language", "words", "body_kind", "quality", "first_seen_at",
    "change_seq", "host", "day",
]
FACETS = ["source_id", "language", "body_kind", "date", "host", "day"]

N_READERS = 8

outcomes = {"passed": 0, "failed": []}


@contextlib.contextmanager
def check(what):
    """A claim: what it holds is asserted within."""
    began = time.monotonic()
    try:
        yield
    except Exception:
        outcomes["failed"].append(what)
        print(f"FAILED  {what}\n{traceback.format_exc()}", flush=True)
    else:
        outcomes["passed"] += 1
        print(f"ok      {what} ({1000 * (time.monotonic() - began):.0f} ms)", flush=True)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def newswire(*arguments):
    return run(NEWSWIRE, "--db", DATABASE, *arguments)


def tool(name, *arguments):
    return run(os.path.join(TOOLS, name), *arguments)


def query(sql, *parameters):
    with contextlib.closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(sql, parameters).fetchall()


class Arrivals(threading.Thread):
    """Articles that come in while we look: new ones, and other headlines for old ones."""

    def __init__(self):
        super().__init__()
        self.is_over = threading.Event()
        self.n_imports = 0
        self.fault = None

    def run(self):
        path = os.path.join(FOLDER, "arrivals.jsonl")
        while not self.is_over.is_set():
            first = N_ARTICLES + 300 * self.n_imports
            invent.write(path, range(first, first + 300), N_ARTICLES)
            try:
                newswire("import", path)
            except subprocess.CalledProcessError as error:
                self.fault = error.stderr
                return
            self.n_imports += 1

    def end(self):
        self.is_over.set()
        self.join()


class Datasette:
    """Datasette, serving the live database; `metadata` is a path or None."""

    def __init__(self, metadata):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log_path = os.path.join(FOLDER, f"datasette-{bool(metadata)}.log")
        arguments = ["--metadata", metadata, "--setting", "suggest_facets", "off"] if metadata else []
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [os.path.join(TOOLS, "datasette"), "serve", DATABASE, "--port", str(self.port), *arguments], stdout=log, stderr=log
            )
        self.page("/", is_patient=True)

    def page(self, path, is_patient=False):
        """A page, which is never an error and never interrupted."""
        deadline = time.monotonic() + (30 if is_patient else 0)
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                    text = answer.read().decode()
                break
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{path}: {error.code} {error.read().decode()[:400]}") from None
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        assert "SQL Interrupted" not in text and "interrupted" not in text.lower(), path
        return text

    def json(self, path):
        return json.loads(self.page(path))

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def end(self):
        self.process.terminate()
        self.process.wait()


def path_of(table, extension="", **parameters):
    return f"/news/{table}{extension}?" + urllib.parse.urlencode(parameters, doseq=True)


def cells(page, column):
    """The text of a column's cells in a table of Datasette, without its markup."""
    found = re.findall(rf'<td class="col-{column} [^"]*">(.*?)</td>', page, re.DOTALL)
    return [html.unescape(re.sub("<[^>]*>", " ", cell)).strip() for cell in found]


def check_table(served, how):
    for column in SORTED:
        with check(f"datasette {how}: articles sorted by {column}, both ways"):
            for order in ("_sort", "_sort_desc"):
                rows = served.json(path_of("articles", ".json", **{order: column, "_shape": "objects", "_size": 100}))["rows"]
                values = [row[column] for row in rows]
                values = [value["value"] if isinstance(value, dict) else value for value in values]
                known = [value for value in values if value is not None]
                assert len(rows) == 100 and known == sorted(known, reverse=order == "_sort_desc"), values
    for column in FACETS:
        with check(f"datasette {how}: articles counted by {column}"):
            answer = served.json(path_of("articles", ".json", _facet=column, _size=1))
            # A facet that takes too long is left out.
            counted = answer["facet_results"][column]["results"]
            assert counted and all(each["count"] > 0 for each in counted), counted
            if column == "source_id":
                assert any(each["label"] == "en-0" for each in counted), counted
    with check(f"datasette {how}: all of the facets on one page"):
        page = served.page(path_of("articles", _facet=FACETS))
        assert "These facets timed out" not in page
        assert all(f'id="facet-{column}' in page for column in FACETS), re.findall('id="facet-[^"]*"', page)
    for column, value in [
        ("language", "en"), ("source_id", "1"), ("date", "20260903"), ("day", "2026-09-03"), ("host", "de-1.example"),
        ("body_kind", "full"), ("url", query("SELECT url FROM articles WHERE id = 7")[0][0]),
    ]:
        with check(f"datasette {how}: articles with {column} = {value}"):
            rows = served.json(path_of("articles", ".json", **{f"{column}__exact": value, "_shape": "objects"}))["rows"]
            assert rows, column
    with check(f"datasette {how}: articles within a day, a source's latest first"):
        bounds = {"published_at__gte": "2026-09-01T00:00:00Z", "published_at__lt": "2026-09-02T00:00:00Z"}
        assert served.json(path_of("articles", ".json", **bounds, source_id=1, _sort_desc="published_at"))["rows"]
    with check(f"datasette {how}: the search box finds a Latin word, all of it and nothing else"):
        answer = served.json(path_of("articles", ".json", _search=invent.MARKS["en"], _shape="objects", _size="max"))
        assert len(answer["rows"]) == min(invent.n_with_mark("en", N_ARTICLES), 1000), len(answer["rows"])
        assert all(invent.MARKS["en"] in row["body"] for row in answer["rows"])
        assert 'name="_search"' in served.page("/news/articles")
    with check(f"datasette {how}: what a row refers to is told by its name"):
        page = served.page(path_of("articles", _sort="id"))
        sources = [cell for cell in cells(page, "source_id") if cell]
        assert sources and all(re.match(r"[a-z]{2}-\d+\s+\d+$", cell) for cell in sources), sources[:5]
        originals = [cell for cell in cells(served.page(path_of("articles", duplicate_of__notblank=1)), "duplicate_of") if cell]
        stories = [cell for cell in cells(page, "story_id") if cell]
        assert originals and stories
        for cell in sources + originals + stories:
            assert not cell.startswith("None") and not re.match(r"^\d+$", cell), cell
        for table in ("sightings", "story_members"):
            page = served.page(f"/news/{table}")
            assert ">None<" not in page, table
    with check(f"datasette {how}: an article's own page"):
        page = served.page("/news/articles/7")
        assert query("SELECT title FROM articles WHERE id = 7")[0][0] in html.unescape(page)
        assert ">None<" not in page
    for view in ["source_health", "story_timeline", "first_in_story", "source_days", "headline_changes", "article_authors",
                 "article_keywords", "source_tags", "host_health", "bundle_documents"]:
        with check(f"datasette {how}: {view}"):
            served.page(f"/news/{view}")
    with check(f"datasette {how}: the timeline of a story"):
        story = query("SELECT id FROM stories WHERE n_articles > 1 ORDER BY id LIMIT 1")[0][0]
        rows = served.json(path_of("story_timeline", ".json", story_id=story, _shape="objects"))["rows"]
        assert len(rows) > 1 and {row["is_copy"] for row in rows} == {0, 1}, rows
    with check(f"datasette {how}: nothing private in sight"):
        page = served.page("/news")
        shown = re.findall(r'<h3><a href="/news/([^"]+)">', page)
        assert "articles" in shown and "stories" in shown, shown
        if how == "with metadata":
            assert not [name for name in shown if name.startswith(("_", "sqlite_"))], shown


def check_metadata(served):
    with check("datasette: the home page tells what it is"):
        assert "newswire" in served.page("/")
    with check("datasette: columns are explained, and the newest articles come first"):
        page = served.page("/news/articles")
        assert "Headline" in page
        published = [cell for cell in cells(page, "published_at") if cell]
        assert published == sorted(published, reverse=True), published[:5]
        for facet in ("source_id", "language", "body_kind"):
            assert f'id="facet-{facet}' in page, facet
        offered = set(re.findall(r'href="[^"]*_sort(?:_desc)?=(\w+)', page))
        assert offered == set(SORTED), offered
        assert "column-descriptions {" in html.unescape(page), "the explanations leave the rows in sight"
    for language, mark in invent.MARKS.items():
        with check(f"datasette: the query `search` finds {mark}, all of it and nothing else"):
            rows = served.json(path_of("search", ".json", words=mark, _shape="objects"))["rows"]
            assert len(rows) == min(invent.n_with_mark(language, N_ARTICLES), 100), len(rows)
            bodies = query(f"SELECT body FROM articles WHERE id IN ({','.join(str(row['id']) for row in rows)})")
            assert all(mark in body for (body,) in bodies)
    for name in ("stories", "failing"):
        with check(f"datasette: the query `{name}`"):
            served.page(f"/news/{name}")
    with check("datasette: the query `timeline`"):
        story = query("SELECT id FROM stories WHERE n_articles > 1 ORDER BY id LIMIT 1")[0][0]
        assert len(served.json(path_of("timeline", ".json", story=story, _shape="objects"))["rows"]) > 1
    if KEEP:
        keep_pages(served)


def keep_pages(served):
    """The pages as they are, and as pictures where a headless Chromium is to be had."""
    os.makedirs(KEEP, exist_ok=True)
    browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    for name, path in [("home", "/"), ("database", "/news"), ("articles", "/news/articles"), ("article", "/news/articles/7"),
                       ("sources", "/news/sources"), ("search", path_of("search", words=invent.MARKS["zh"]))]:
        with open(os.path.join(KEEP, f"{name}.html"), "w", encoding="utf-8") as kept:
            kept.write(served.page(path))
        if browser:
            picture = os.path.abspath(os.path.join(KEEP, f"{name}.png"))
            address = f"http://127.0.0.1:{served.port}{path}"
            subprocess.run([browser, "--headless", "--no-sandbox", "--window-size=1400,1600", f"--screenshot={picture}", address],
                           capture_output=True, check=False)


def check_datasette():
    metadata = os.path.join(FOLDER, "metadata.json")
    with open(metadata, "w", encoding="utf-8") as file:
        file.write(newswire("schema", "--datasette"))
    for how, path in [("with metadata", metadata), ("without metadata", None)]:
        served = Datasette(path)
        try:
            check_table(served, how)
            if path:
                check_metadata(served)
            with check(f"datasette {how}: its log has no complaint"):
                log = served.log()
                assert not re.search("Traceback|ERROR|interrupted|locked| 500 ", log, re.IGNORECASE), log[-2000:]
        finally:
            served.end()


def check_sqlite_utils():
    with check("sqlite-utils: tables --counts"):
        counts = {row["table"]: row["count"] for row in json.loads(tool("sqlite-utils", "tables", DATABASE, "--counts"))}
        assert counts["articles"] >= N_ARTICLES and counts["sources"] == len(invent.LANGUAGES) * invent.PAPERS_A_LANGUAGE, counts
    with check("sqlite-utils: search articles WORD"):
        found = json.loads(tool("sqlite-utils", "search", DATABASE, "articles", invent.MARKS["de"], "-c", "id"))
        assert len(found) == invent.n_with_mark("de", N_ARTICLES), len(found)
    with check("sqlite-utils: rows"):
        rows = json.loads(tool("sqlite-utils", "rows", DATABASE, "articles", "--limit", "3", "-c", "title", "-c", "published_at"))
        assert len(rows) == 3 and all(row["published_at"].endswith("Z") for row in rows), rows
    with check("sqlite-utils: the full-text index is detected"):
        import sqlite_utils

        connection = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=30)
        assert sqlite_utils.Database(connection)["articles"].detect_fts() == "articles_fts"
        connection.close()


def check_pandas():
    import pandas

    with contextlib.closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=30)) as connection:
        sql = "SELECT id, source_id, published_at, first_seen_at, day, words, quality, language, authors FROM articles LIMIT 5000"
        frame = pandas.read_sql(sql, connection, parse_dates=["published_at", "first_seen_at", "day"])
    with check("pandas: times are instants in UTC"):
        for column in ("published_at", "first_seen_at"):
            assert str(frame[column].dt.tz) == "UTC", frame[column].dtype
        assert (frame["published_at"].dt.strftime("%Y-%m-%d") == frame["day"].dt.strftime("%Y-%m-%d")).all()
    with check("pandas: numbers are numbers, lists are lists"):
        for column in ("id", "source_id", "words", "quality"):
            assert pandas.api.types.is_integer_dtype(frame[column]), frame[column].dtype
        assert frame["authors"].map(json.loads).map(lambda authors: isinstance(authors, list)).all()
        assert frame.groupby("language")["words"].sum().min() > 0


def check_duckdb():
    import duckdb
    import duckdb_extension_sqlite_scanner

    connection = duckdb.connect()
    extension = f"extensions/v{duckdb.__version__}/sqlite_scanner.duckdb_extension"
    connection.execute(f"LOAD '{os.path.join(duckdb_extension_sqlite_scanner.__path__[0], extension)}'")
    connection.execute(f"ATTACH '{DATABASE}' AS news (TYPE sqlite, READ_ONLY)")
    parquet = os.path.join(FOLDER, "joined.parquet")
    with check("duckdb: articles and their sources, to Parquet and back"):
        connection.execute(
            f"""COPY (SELECT articles.id, slug, articles.title, language, CAST(published_at AS TIMESTAMPTZ) AS published_at, words
                FROM news.articles JOIN news.sources ON sources.id = source_id WHERE articles.id <= {N_ARTICLES})
                TO '{parquet}' (FORMAT parquet)"""
        )
        rows, papers, first, words = connection.execute(
            f"SELECT count(*), count(DISTINCT slug), epoch(min(published_at)), sum(words) FROM '{parquet}'"
        ).fetchone()
        expected = query("SELECT count(*), count(DISTINCT source_id), sum(words) FROM articles WHERE id <= ?", N_ARTICLES)[0]
        assert (rows, papers, words) == expected, (rows, papers, words, expected)
        assert first == invent.BEGAN.timestamp(), first
    lake = os.path.join(FOLDER, "lake")
    with check("duckdb: a Parquet file for each month, as docs/replicas.md has it"):
        months = [month for (month,) in query("SELECT DISTINCT substr(first_seen_at, 1, 7) FROM articles")]
        for month in months:
            folder = os.path.join(lake, f"month={month}")
            os.makedirs(folder)
            chosen = f"first_seen_at GLOB '{month}*' AND id <= {N_ARTICLES}"
            newswire("export", "--format", "parquet", "--where", chosen, "--out", os.path.join(folder, "articles.parquet"))
        rows = connection.execute(
            f"SELECT month, count(*), sum(words) FROM read_parquet('{lake}/*/*.parquet', hive_partitioning = true) GROUP BY 1 ORDER BY 1"
        ).fetchall()
        expected = query(
            "SELECT substr(first_seen_at, 1, 7), count(*), sum(words) FROM articles WHERE id <= ? GROUP BY 1 ORDER BY 1", N_ARTICLES
        )
        assert rows == expected, (rows, expected)
    tables = [name for (name,) in query("SELECT DISTINCT table_name FROM docs WHERE column_name IS NULL ORDER BY 1")]
    for name in tables:
        with check(f"duckdb: {name}"):
            rows = connection.execute(f"SELECT * FROM news.{name} LIMIT 100").fetchall()
            assert bool(rows) == bool(query(f"SELECT 1 FROM {name} LIMIT 1")), rows


def check_readers():
    """Eight processes that read, each with connections of its own, while articles come in as fast as they can."""
    n_new = max(1000, N_ARTICLES // 10)
    path = os.path.join(FOLDER, "many.jsonl")
    invent.write(path, range(10 * N_ARTICLES, 10 * N_ARTICLES + n_new), N_ARTICLES)
    reader = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "readers.py"), DATABASE]
    readers = [subprocess.Popen(reader, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(N_READERS)]
    began = time.monotonic()
    with check(f"{N_READERS} readers that never wait get all answers while {n_new} articles come in"):
        try:
            newswire("import", path)
        finally:
            told = [json.loads(reader.communicate()[0]) for reader in readers]
        print(
            f"{n_new / (time.monotonic() - began):.0f} articles a second, {sum(each['n_questions'] for each in told)} questions, "
            f"the slowest took {max(each['slowest_ms'] for each in told)} ms"
        )
        for each in told:
            assert each["n_questions"] > 0 and not each["faults"], told


def main():
    base = os.path.join(FOLDER, "base.jsonl")
    invent.write(base, range(N_ARTICLES), N_ARTICLES)
    began = time.monotonic()
    newswire("import", base)
    # Other headlines for some.
    invent.write(base, range(0, N_ARTICLES, 97), N_ARTICLES, edition=2)
    newswire("import", base)
    os.remove(base)
    print(f"{N_ARTICLES} articles imported in {time.monotonic() - began:.0f} s")
    arrivals = Arrivals()
    arrivals.start()
    try:
        check_datasette()
        check_sqlite_utils()
        check_pandas()
        check_duckdb()
    finally:
        arrivals.end()
    with check("articles came in all the while"):
        assert arrivals.fault is None, arrivals.fault
        assert arrivals.n_imports > 0 and query("SELECT count(*) FROM articles")[0][0] >= N_ARTICLES + 300 * arrivals.n_imports
    check_readers()
    with check("the database is sound"):
        newswire("doctor")
    n_failed = len(outcomes["failed"])
    print(f"{outcomes['passed']} claims hold, {n_failed} do not{''.join(f'; {what}' for what in outcomes['failed'])}")
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
