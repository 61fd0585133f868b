"""Compares what `newswire import` finds in web archives with what warcio and fastwarc find in them.

    python3 tests/web_archives.py target/debug/newswire

Makes archives of invented pages with warcio: gzip members, plain, revisits, chunks, packed bodies. Needs the network once, for
pip; where that fails it says so and does nothing.
"""

import gzip
import io
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import venv


def tools(folder):
    """A Python with both readers, or nothing."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "warcio", "fastwarc"], check=False)
    return python if installed.returncode == 0 else None


def page(number):
    words = ["harbour", "council", "bridge", "ferry", "market", "orchard", "tunnel", "library"]
    sentence = lambda n: f"The {words[n % 8]} of quarter {number * 7 + n} was opened to the {words[(n + number) % 8]} on day {n}, its keepers said."
    paragraphs = "".join(f"<p>{' '.join(sentence(n + k) for k in range(3))}</p>" for n in range(6))
    title = f"Quarter {number} opens its {words[number % 8]}"
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode()


def chunked(body):
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


def write(path, is_packed):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with open(path, "wb") as out:
        writer = WARCWriter(out, gzip=is_packed)
        writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "invented"}))
        for number in range(40):
            url = f"http://paper.example/2026/11/{number}"
            headers = [("Content-Type", "text/html; charset=utf-8")]
            body, status = page(number), "200 OK"
            if number % 4 == 1:
                body, headers = gzip.compress(body), headers + [("Content-Encoding", "gzip")]
            if number % 4 in (1, 2):
                body, headers = chunked(body), headers + [("Transfer-Encoding", "chunked")]
            if number % 10 == 9:
                status = "404 Not Found"
            if number % 10 == 8:
                headers = [("Content-Type", "image/png")]
            http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
            request = StatusAndHeaders(f"GET /2026/11/{number} HTTP/1.1", [("Host", "paper.example")], is_http_request=True)
            record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http)
            writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=request), record)
            if number % 5 == 0:
                digest = record.rec_headers.get_header("WARC-Payload-Digest")
                http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
                writer.write_record(writer.create_revisit_record(url, digest, url, "2026-11-20T08:00:00Z", http))


def counts(path):
    """Addresses of pages and number of other records, as both see them."""
    from fastwarc.warc import ArchiveIterator as Fast, WarcRecordType
    from warcio.archiveiterator import ArchiveIterator

    by_warcio = ([], 0)
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            http = record.http_headers
            is_page = record.rec_type == "response" and http.get_statuscode() == "200" and "html" in http.get_header("Content-Type")
            by_warcio = add(by_warcio, is_page, record.rec_headers.get_header("WARC-Target-URI"))
    by_fastwarc = ([], 0)
    with open(path, "rb") as file:
        for record in Fast(file, parse_http=True):
            is_response = record.record_type == WarcRecordType.response
            is_page = is_response and record.http_headers.status_code == 200 and "html" in record.http_content_type
            by_fastwarc = add(by_fastwarc, is_page, record.headers.get("WARC-Target-URI"))
    return by_warcio, by_fastwarc


def add(counted, is_page, url):
    pages, others = counted
    return (pages + [url], others) if is_page else (pages, others + 1)


def compare(newswire, folder):
    for name in ("members.warc.gz", "plain.warc"):
        path = folder / name
        write(path, name.endswith("gz"))
        by_warcio, by_fastwarc = counts(path)
        database = folder / f"{name}.db"
        told = subprocess.run([newswire, "--json", "--db", database, "import", path], check=True, capture_output=True)
        passed_over = json.loads(told.stdout)["passed_over"]
        with sqlite3.connect(database) as connection:
            urls = [url for (url,) in connection.execute("SELECT url FROM articles ORDER BY id")]
        ours = (urls, passed_over)
        assert ours == by_warcio == by_fastwarc, f"{name}:\nnewswire {ours}\nwarcio   {by_warcio}\nfastwarc {by_fastwarc}"
        print(f"{name}: {len(urls)} pages and {passed_over} other records, as warcio and fastwarc have it")


def main():
    if sys.argv[2:3] == ["--inside"]:
        with tempfile.TemporaryDirectory() as folder:
            compare(sys.argv[1], pathlib.Path(folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        python = tools(pathlib.Path(folder) / "venv")
        if python is None:
            print("skipped: warcio and fastwarc cannot be had from PyPI")
            return
        inside = [python, __file__, str(pathlib.Path(sys.argv[1]).resolve()), "--inside"]
        sys.exit(subprocess.run(inside, check=False).returncode)


main()
