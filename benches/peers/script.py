"""What people write in an evening to fetch news: aiohttp, feedparser, trafilatura, and SQLite with a full-text index.

No copies are recognised, no stories found, no politeness kept. `cargo bench --bench pipeline -- --peer=PYTHON` runs it beside
newswire. Reads from standard input one line of `host=address` entries and one of feeds, each separated by blanks, and prints
the number of articles, seconds by the clock, and seconds of processor time.
"""

import asyncio
import hashlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from urllib.parse import urlsplit

import aiohttp
import feedparser
import trafilatura

CONNECTIONS = 16


class Resolver(aiohttp.abc.AbstractResolver):
    """Every host is where the first line says."""

    def __init__(self, addresses):
        self.addresses = addresses

    async def resolve(self, host, port=0, family=0):
        address, port = self.addresses[host].rsplit(":", 1)
        return [{"hostname": host, "host": address, "port": int(port), "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        pass


def create(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(
        """
        CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT UNIQUE, title TEXT, published TEXT, authors TEXT,
            body TEXT, sha256 TEXT);
        CREATE INDEX articles_published ON articles (published);
        CREATE VIRTUAL TABLE articles_fts USING fts5 (title, body, content = 'articles', content_rowid = 'id');
        """
    )
    return database


def store(database, url, article):
    body = article.get("text") or ""
    row = (url, article.get("title"), article.get("date"), article.get("author"), body)
    digest = hashlib.sha256(body.encode()).hexdigest()
    inserted = database.execute(
        "INSERT OR IGNORE INTO articles (url, title, published, authors, body, sha256) VALUES (?, ?, ?, ?, ?, ?)",
        (*row, digest),
    )
    if inserted.rowcount:
        database.execute(
            "INSERT INTO articles_fts (rowid, title, body) VALUES (?, ?, ?)", (inserted.lastrowid, row[1], body)
        )


async def ingest(addresses, feeds, database):
    connector = aiohttp.TCPConnector(resolver=Resolver(addresses), limit=CONNECTIONS)
    n_articles = 0
    async with aiohttp.ClientSession(connector=connector) as session:

        async def fetch(url):
            # The port is that of the resolver, as with a proxy.
            host = urlsplit(url).hostname
            async with session.get(url.replace(host, f"{host}:{addresses[host].rsplit(':', 1)[1]}", 1)) as answer:
                return await answer.read()

        links = []
        for feed in feeds:
            links += [entry.link for entry in feedparser.parse(await fetch(feed)).entries]
        waiting = iter(links)

        async def work():
            nonlocal n_articles
            for url in waiting:
                page = await fetch(url)
                found = trafilatura.extract(page, url=url, output_format="json", with_metadata=True)
                if found:
                    store(database, url, json.loads(found))
                    n_articles += 1
                    if n_articles % 100 == 0:
                        database.commit()

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    database.commit()
    return n_articles


def main():
    addresses = dict(entry.split("=", 1) for entry in sys.stdin.readline().split())
    feeds = sys.stdin.readline().split()
    with tempfile.TemporaryDirectory() as folder:
        database = create(os.path.join(folder, "script.db"))
        began, began_cpu = time.monotonic(), time.process_time()
        n_articles = asyncio.run(ingest(addresses, feeds, database))
        print(n_articles, time.monotonic() - began, time.process_time() - began_cpu)
        database.close()


main()
