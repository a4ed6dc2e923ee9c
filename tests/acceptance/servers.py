# SPDX-License-Identifier: MIT
"""Real servers for the acceptance scenarios: PostgreSQL, MariaDB, redis and memcached, each on a free
loopback port and with its data in a temporary directory, as an unprivileged user when root runs the
tests.

    with servers.Group(MariaDB, PostgreSQL) as group:      started at once, stopped together
        group[MariaDB].port

Nothing of them is observed: they are what observed programs talk to. A server that Debian has and
this machine has not raises Missing with the package's name.
"""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NOBODY = 65534
START_SECONDS = 60


class Missing(Exception):
    """What a scenario needs and this machine has not; says so in a clause."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged():
    """The words before a command that must not run as root; databases refuse to."""
    if os.getuid():
        return []
    return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]


def program(package, *patterns):
    """The newest file that a pattern finds, or that is in PATH under that name."""
    for pattern in patterns:
        found = sorted(glob.glob(pattern)) or [shutil.which(pattern)]
        if found[-1]:
            return found[-1]
    raise Missing(f"{package} is not installed")


class Server:
    """One server. A subclass says how it is prepared, started, asked whether it is up, and stopped."""
    stop_signal = signal.SIGTERM

    def __init__(self):
        self.process = None
        self.port = free_port()
        self.home = tempfile.mkdtemp(prefix="shunt-server.", dir="/tmp")
        self.log = os.path.join(self.home, "log")
        if not os.getuid():
            os.chown(self.home, NOBODY, NOBODY)

    def prepare(self):
        pass

    def run(self, command):
        with open(self.log, "ab") as log:
            subprocess.run(unprivileged() + command, cwd=self.home, stdin=subprocess.DEVNULL,
                           stdout=log, stderr=log, check=True)

    def start(self):
        self.prepare()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(unprivileged() + self.command(), cwd=self.home,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self):
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                with open(self.log, encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"{type(self).__name__} did not start: {log.read()[-2000:]}")
            time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class PostgreSQL(Server):
    """A cluster of its own: user test, database postgres, no password."""
    stop_signal = signal.SIGINT

    def prepare(self):
        self.bin = os.path.dirname(program("postgresql", "/usr/lib/postgresql/*/bin/postgres"))
        self.run([f"{self.bin}/initdb", "-D", f"{self.home}/data", "-U", "test", "-A", "trust",
                  "--no-sync"])

    def command(self):
        return [f"{self.bin}/postgres", "-D", f"{self.home}/data", "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "fsync=off"]

    def answers(self):
        return subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-U", "test",
                               "-d", "postgres", "-p", str(self.port)], check=False).returncode == 0


class MariaDB(Server):
    """Without grant tables it starts on an empty directory: anyone is root, there is no password."""

    def command(self):
        daemon = program("mariadb-server", "/usr/sbin/mariadbd", "mariadbd")
        os.makedirs(f"{self.home}/data", exist_ok=True)
        if not os.getuid():
            os.chown(f"{self.home}/data", NOBODY, NOBODY)
        return [daemon, "--no-defaults", f"--datadir={self.home}/data",
                f"--socket={self.home}/socket", f"--port={self.port}", "--bind-address=127.0.0.1",
                f"--pid-file={self.home}/pid", "--skip-grant-tables", "--skip-name-resolve",
                "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M"]

    def answers(self):
        """It greets: its first packet is version 10 of the protocol."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return connection.recv(5)[4:5] == b"\x0a"
        except OSError:
            return False


class Redis(Server):
    def command(self):
        return [program("redis-server", "redis-server"), "--bind", "127.0.0.1", "--port",
                str(self.port), "--save", "", "--dir", self.home]

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


class Memcached(Server):
    def command(self):
        return [program("memcached", "memcached"), "-l", "127.0.0.1", "-p", str(self.port), "-U", "0"]

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"version\r\n")
                return connection.recv(7) == b"VERSION"
        except OSError:
            return False


class Group:
    """Several servers of different kinds, started side by side."""

    def __init__(self, *kinds):
        self.kinds = kinds
        self.servers = {}

    def __enter__(self):
        try:
            for kind in self.kinds:
                self.servers[kind] = kind()
                self.servers[kind].start()
            for server in self.servers.values():
                server.wait()
        except BaseException:
            self.__exit__()
            raise
        return self.servers

    def __exit__(self, *_):
        for server in self.servers.values():
            server.stop()
