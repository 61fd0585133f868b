"""A news web of many sites at one address, which records who asks a site while it answers, and who asks it too soon.

Each site is a publisher of its own (`site017.example`) with a feed, and publishes an article every so often. Some ask for a longer pause in
their robots.txt, some ask now and then to be left in peace for a while (429 with Retry-After).

A request begins when its head has come, and ends right before the end of its answer is sent, or when its connection is lost: so a pause is never
measured shorter than it was, and what is told as an overlap or as too short a pause was one. Some answers take longer than a lease lasts. What
somebody asked before it was frozen does not count from then on: nobody can take it back.
"""

import asyncio
import random
import time
from collections import Counter
from email.utils import formatdate

# Articles that a feed lists.
LISTED = 120

# How much sooner than the pause is over a request may come: what clocks and timers make of it.
TOLERANCE_S = 0.005

WORDS_OF_A_TEXT = (160, 320)

# The share of answers that come in drops, and how long these take: longer than a lease, and shorter than a fetch may.
SLOW = 0.04
SLOW_S = (18, 45)
DROP_PAUSE_S = 3


def invented_words(dice, number):
    """Words that no language has, each with a vowel in every syllable."""
    onsets, vowels = "b d f g k l m n p r s t v st tr pl kr".split(), "a e i o u ai ou".split()
    words = set()
    while len(words) < number:
        words.add("".join(dice.choice(onsets) + dice.choice(vowels) for _ in range(dice.randint(2, 4))))
    return sorted(words)


class Request:
    """One that is being answered."""

    def __init__(self, path, peer):
        self.path = path
        self.peer = peer
        self.counts = True


class Site:
    """One publisher."""

    def __init__(self, number, crawl_delay):
        self.number = number
        self.host = f"site{number:03}.example"
        self.crawl_delay = crawl_delay
        self.published_at = []
        self.requests = set()
        self.ended_at = None
        self.page_ended_at = None
        self.left_alone_until = 0.0
        self.is_robots_known = False
        self.served = Counter()


class NewsWeb:
    """The sites, and what was seen of those who asked them."""

    def __init__(self, n_sites, pause_s, every_s, seed):
        self.dice = random.Random(seed)
        self.words = invented_words(self.dice, 4000)
        self.seed = seed
        self.pause_s = pause_s
        self.every_s = every_s
        self.sites = {}
        for number in range(n_sites):
            site = Site(number, 3 if number % 20 == 7 else None)
            self.sites[site.host] = site
        self.faults = []
        self.n_requests = 0
        self.n_complaints = 0
        self.is_publishing = True
        self.is_ever_slow = True
        self.n_slow = 0
        self.shortest = None

    async def listen(self, address, port):
        """Serves until the server that is returned is closed."""
        self.publisher = asyncio.create_task(self.publish())
        return await asyncio.start_server(self.serve, address, port, backlog=512)

    async def publish(self):
        """Publishes, all sites at their own times."""
        sites = list(self.sites.values())
        due = {site.host: time.time() + self.dice.uniform(0, self.every_s) for site in sites}
        while True:
            await asyncio.sleep(0.2)
            if not self.is_publishing:
                continue
            now = time.time()
            for site in sites:
                if now >= due[site.host]:
                    site.published_at.append(now)
                    due[site.host] = now + self.dice.uniform(0.5, 1.5) * self.every_s

    def n_published(self):
        return sum(len(site.published_at) for site in self.sites.values())

    def addresses(self):
        """Of all that was published."""
        return {f"http://{site.host}/news/{n}.html" for site in self.sites.values() for n in range(len(site.published_at))}

    def served(self):
        """How often each article was served whole."""
        return Counter({f"http://{site.host}{path}": n for site in self.sites.values() for path, n in site.served.items()})

    def fault(self, site, kind, detail):
        self.faults.append({"at": round(time.time(), 3), "host": site.host, "kind": kind, "detail": detail})

    def freeze(self, peer):
        """What this address has asked so far does not count any more."""
        for site in self.sites.values():
            for request in site.requests:
                if request.peer == peer:
                    request.counts = False

    def n_open(self):
        return sum(len(site.requests) for site in self.sites.values())

    def begin(self, site, path, peer):
        """A request has come."""
        now = time.monotonic()
        self.n_requests += 1
        others = [request for request in site.requests if request.counts]
        if others:
            told = ", ".join(f"{other.path} of {other.peer}" for other in others)
            self.fault(site, "overlap", f"{path} of {peer} while {told} is answered")
        elif site.ended_at is not None:
            pauses = [(self.pause_s, site.ended_at)]
            # A wish for a longer one is between pages: it is known only once robots.txt has come.
            if site.crawl_delay and site.is_robots_known and path != "/robots.txt" and site.page_ended_at is not None:
                pauses.append((site.crawl_delay, site.page_ended_at))
            gap = now - site.ended_at
            self.shortest = gap if self.shortest is None else min(self.shortest, gap)
            for pause, since in pauses:
                if now - since < pause - TOLERANCE_S:
                    self.fault(site, "pause", f"{path} after {now - since:.3f} s in place of {pause} s")
        if now < site.left_alone_until - TOLERANCE_S:
            self.fault(site, "retry-after", f"{path} {site.left_alone_until - now:.3f} s too soon")
        request = Request(path, peer)
        site.requests.add(request)
        return request

    def end(self, site, request):
        site.requests.discard(request)
        if request.counts:
            site.ended_at = time.monotonic()
            if request.path != "/robots.txt":
                site.page_ended_at = site.ended_at

    async def serve(self, reader, writer):
        """One connection: a request at a time."""
        peer = writer.get_extra_info("peername")[0]
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                path = lines[0].split(" ")[1]
                host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
                site = self.sites.get(host.split(":")[0])
                if site is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                if not await self.respond(site, path, peer, reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError, IndexError):
            pass
        finally:
            writer.close()

    async def respond(self, site, path, peer, reader, writer):
        """Answers a request. Returns whether the connection goes on."""
        request = self.begin(site, path, peer)
        # Nothing more is sent to us before the answer: this ends when the connection does.
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([gone], timeout=self.dice.uniform(0.01, 0.25))
            if gone.done():
                return False
            answer = self.answer(site, path)
            is_article = path.startswith("/news/") and answer.startswith(b"HTTP/1.1 200")
            # A robots.txt that takes too long is one that cannot be read, which holds for a while.
            if self.is_ever_slow and path != "/robots.txt" and self.dice.random() < SLOW:
                self.n_slow += 1
                head, separator, answer = answer.partition(b"\r\n\r\n")
                writer.write(head + separator)
                n_drops = max(1, int(self.dice.uniform(*SLOW_S) / DROP_PAUSE_S))
                size = max(1, len(answer) // n_drops)
                while len(answer) > size:
                    writer.write(answer[:size])
                    answer = answer[size:]
                    await asyncio.wait([gone], timeout=DROP_PAUSE_S)
                    if gone.done():
                        return False
            if is_article:
                site.served[path] += 1
        finally:
            self.end(site, request)
            if not gone.done():
                gone.cancel()
        writer.write(answer)
        await writer.drain()
        try:
            await gone
        except asyncio.CancelledError:
            pass
        return True

    def answer(self, site, path):
        if path == "/robots.txt":
            site.is_robots_known = True
            delay = f"Crawl-delay: {site.crawl_delay}\n" if site.crawl_delay else ""
            return ok("text/plain", f"User-agent: *\n{delay}Disallow: /private/\n")
        if site.number % 10 == 3 and self.dice.random() < 0.02:
            self.n_complaints += 1
            site.left_alone_until = time.monotonic() + 12
            return b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 12\r\nContent-Length: 0\r\n\r\n"
        if path == "/feed.xml":
            return ok("application/rss+xml", self.feed(site))
        number = path.removeprefix("/news/").removesuffix(".html")
        if number.isdigit() and int(number) < len(site.published_at):
            return ok("text/html; charset=utf-8", self.page(site, int(number)))
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    def title(self, site, number):
        dice = random.Random(f"{self.seed} {site.number} {number} title")
        return " ".join(dice.choice(self.words) for _ in range(7)).capitalize()

    def feed(self, site):
        items = []
        for number in range(max(0, len(site.published_at) - LISTED), len(site.published_at)):
            date = formatdate(site.published_at[number])
            link = f"http://{site.host}/news/{number}.html"
            title = self.title(site, number)
            items.append(f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate></item>")
        items.reverse()
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Site {site.number}</title>'
            f"<link>http://{site.host}/</link><description>News</description>{''.join(items)}</channel></rss>"
        )

    def page(self, site, number):
        dice = random.Random(f"{self.seed} {site.number} {number}")
        words = [dice.choice(self.words) for _ in range(dice.randint(*WORDS_OF_A_TEXT))]
        paragraphs, at = [], 0
        while at < len(words):
            n = dice.randint(25, 50)
            paragraphs.append(f"<p>{' '.join(words[at:at + n]).capitalize()}.</p>")
            at += n
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(site.published_at[number]))
        title = self.title(site, number)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta property="article:published_time" content="{date}"></head>'
            f"<body><article><h1>{title}</h1>{''.join(paragraphs)}</article></body></html>"
        )


def ok(kind, text):
    body = text.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
