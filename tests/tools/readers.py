"""One reader of a database: asks question after question, never waiting for a lock, until its standard input ends.

Usage: readers.py DATABASE

Prints one JSON object: `n_questions`, `slowest_ms`, and in `faults` what SQLite said instead of an answer.
"""

import contextlib
import json
import sqlite3
import sys
import threading
import time

QUESTIONS = [
    "SELECT count(*) FROM articles",
    "SELECT id, title FROM articles ORDER BY published_at DESC LIMIT 50",
    "SELECT id, change_seq FROM articles ORDER BY change_seq DESC LIMIT 500",
    "SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'quillwort' ORDER BY rank LIMIT 20",
    "SELECT * FROM stories ORDER BY last_published_at DESC LIMIT 50",
    "SELECT slug, articles_7d FROM source_health",
]

is_over = threading.Event()


def wait():
    sys.stdin.read()
    is_over.set()


def main():
    threading.Thread(target=wait, daemon=True).start()
    n_questions, slowest, faults = 0, 0.0, set()
    n_articles = 0
    while not is_over.is_set():
        try:
            # As people do: a connection is opened, asked some things and closed.
            with contextlib.closing(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=0)) as connection:
                for question in QUESTIONS:
                    began = time.monotonic()
                    rows = connection.execute(question).fetchall()
                    slowest = max(slowest, time.monotonic() - began)
                    n_questions += 1
                    if question == QUESTIONS[0]:
                        if rows[0][0] < n_articles:
                            faults.add("there are fewer articles than before")
                        n_articles = rows[0][0]
        except sqlite3.Error as error:
            faults.add(str(error))
        # Otherwise eight of them take all of a small machine, and hardly an article comes in.
        is_over.wait(0.05)
    print(json.dumps({"n_questions": n_questions, "slowest_ms": round(1000 * slowest), "faults": sorted(faults)}))


if __name__ == "__main__":
    main()
