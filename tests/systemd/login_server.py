"""A feed and its article for whoever names the password that stands in a file, on the loopback device.
Usage: login_server.py PORT FILE, where FILE holds USER:PASSWORD."""

import base64
import http.server
import sys

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Council</title>
<item><title>The bridge at Lorne opens</title><link>http://council.example/bridge</link></item></channel></rss>"""
SENTENCE = "The council of Lorne said on Monday that the new bridge over the Maribel opens to carts and walkers before the winter. "
PAGE = "<html><head><title>The bridge at Lorne opens</title></head><body><article><h1>The bridge at Lorne opens</h1>" + "".join(
    f"<p>Part {number}. {SENTENCE * 3}</p>" for number in range(4)) + "</article></body></html>"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[2], encoding="utf-8") as file:
            expected = "Basic " + base64.b64encode(file.read().strip().encode()).decode()
        kind, text = {"/feed.xml": ("application/rss+xml", FEED), "/bridge": ("text/html", PAGE)}.get(self.path, ("", ""))
        if not text:
            self.send_error(404)
        elif self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
