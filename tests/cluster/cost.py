"""What an article costs when it goes over the queue, against one that does not.

    cargo build --release --bin newswire --example newsweb
    python3 tests/cluster/cost.py target/release

Fetches the same generated articles in one process, with one worker and with two, in turn, and prints the processor time that each process
took for an article (user and system, from proc(5)), its ratio to the one process, and articles a second. The news web asks for no pauses worth
mentioning, so that reading pages is what takes the time. It takes nats-server 2.10 or later, named by NATS_SERVER or on the PATH.

With --instructions all runs under valgrind, which counts the instructions of each process outside the system, from its start to its end: busy
neighbours do not change them. That is slow, so fewer articles will do, and takes a build that asks the clock by the C library:

    RUSTFLAGS="--cfg rustix_use_libc" cargo build --release --bin newswire --example newsweb
    python3 tests/cluster/cost.py target/release --instructions --rounds 1 --sites 60 --articles 15
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path, help="the folder with newswire and examples/newsweb")
    parser.add_argument("--sites", type=int, default=120)
    parser.add_argument("--articles", type=int, default=50, help="of each site")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--instructions", action="store_true", help="count instructions in place of time")
    return parser.parse_args()


def processor_time(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def n_stored(database):
    if not database.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Round:
    """One way to fetch them all, from nothing."""

    def __init__(self, options, web, n_workers):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="newswire-cost-"))
        self.database = self.folder / "news.db"
        self.processes = {}
        self.n_all = options.sites * options.articles
        newswire = [str(options.build / "newswire"), "--config", str(web / "newswire.toml"), "--db", str(self.database)]
        queue = []
        if n_workers:
            port = free_port()
            server = os.environ.get("NATS_SERVER") or shutil.which("nats-server")
            self.start("nats-server", [server, "-a", "127.0.0.1", "-p", str(port), "--jetstream", "--store_dir", str(self.folder / "nats")])
            queue = ["--nats", f"nats://127.0.0.1:{port}"]
            time.sleep(1)
        if options.instructions:
            newswire = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder}/%p.out", *newswire]
        for number in range(n_workers):
            self.start(f"worker {number + 1}", [*newswire, "work", *queue])
        self.start("run", [*newswire, "run", *queue])

    def start(self, name, command):
        log = open(self.folder / f"{name.replace(' ', '')}.log", "wb")
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def measure(self):
        """Milliseconds of each process for an article, and articles a second, from the first tenth of the articles to the last but one."""
        first, last = self.n_all // 10, self.n_all - self.n_all // 10
        while n_stored(self.database) < first:
            time.sleep(0.05)
        began_at, n_before = time.monotonic(), n_stored(self.database)
        before = {name: processor_time(process) for name, process in self.processes.items()}
        while n_stored(self.database) < last:
            time.sleep(0.05)
        n, seconds = n_stored(self.database) - n_before, time.monotonic() - began_at
        used = {name: 1000 * (processor_time(process) - before[name]) / n for name, process in self.processes.items()}
        self.end()
        return used, n / seconds

    def count(self):
        """Millions of instructions of each process of newswire for an article, of all of it; and nothing of how fast that was."""
        while n_stored(self.database) < self.n_all:
            time.sleep(0.5)
        logs = self.end()
        collected = {name: re.search(r"Collected : (\d+)", log) for name, log in logs.items()}
        return {name: int(found[1]) / 1e6 / self.n_all for name, found in collected.items() if found}, 0

    def end(self):
        for name in reversed(self.processes):
            self.processes[name].send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait()
        logs = {name: (self.folder / f"{name.replace(' ', '')}.log").read_text(errors="replace") for name in self.processes}
        shutil.rmtree(self.folder)
        return logs


def main():
    options = arguments()
    if not (os.environ.get("NATS_SERVER") or shutil.which("nats-server")):
        sys.exit("there is no nats-server, nor is one named by NATS_SERVER")
    web = pathlib.Path(tempfile.mkdtemp(prefix="newswire-web-"))
    newsweb = [str(options.build / "examples" / "newsweb"), str(web), str(options.sites), str(options.articles)]
    server = subprocess.Popen(newsweb, stdout=subprocess.PIPE)
    server.stdout.readline()
    settings = web / "newswire.toml"
    settings.write_text(settings.read_text().replace("host_delay_ms = 20", "host_delay_ms = 1"))
    rounds = {0: [], 1: [], 2: []}
    unit = "million instructions" if options.instructions else "ms"
    try:
        for number in range(options.rounds):
            for n_workers in rounds:
                one = Round(options, web, n_workers)
                used, speed = one.count() if options.instructions else one.measure()
                rounds[n_workers].append((used, speed))
                told = ", ".join(f"{name} {cost:.2f}" for name, cost in used.items())
                fast = f"{speed:.0f} articles/s; " if speed else ""
                print(f"round {number + 1}, {n_workers} workers: {fast}{unit} an article: {told}", flush=True)
    finally:
        server.kill()
        shutil.rmtree(web)
    ours = lambda used: sum(cost for name, cost in used.items() if name != "nats-server")
    alone = statistics.median(ours(used) for used, _ in rounds[0])
    for n_workers, measured in rounds.items():
        cost, speed = statistics.median(ours(used) for used, _ in measured), statistics.median(speed for _, speed in measured)
        fast = f", {speed:.0f} articles/s" if speed else ""
        print(f"{n_workers} workers: {cost:.2f} {unit} an article, {cost / alone:.2f} of one process{fast}")


if __name__ == "__main__":
    main()
