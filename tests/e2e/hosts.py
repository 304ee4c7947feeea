"""Other hosts: network namespaces, each with one cable to this one."""

import os
import subprocess
import tempfile

import pytest

from conftest import BINARY, Program
from measure import wait_for


def run(*args):
    subprocess.run(list(map(str, args)), check=True, capture_output=True, timeout=30)


def can_make_namespaces():
    name = f"tavana-try-{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "del", name)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


HAS_NAMESPACES = can_make_namespaces()
needs_hosts = pytest.mark.skipif(not HAS_NAMESPACES, reason="needs the right to make network namespaces")


class Host:
    def __init__(self, number=0):
        self.name, self.near, self.far = f"tavana-{os.getpid()}-{number}", f"tn{os.getpid()}-{number}", f"tf{os.getpid()}-{number}"
        self.near_ip, self.ip = f"10.79.{number}.1", f"10.79.{number}.2"

    def __enter__(self):
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name)
        run("ip", "addr", "add", f"{self.near_ip}/24", "dev", self.near)
        run("ip", "link", "set", self.near, "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.ip}/24", "dev", self.far)
        run("ip", "-n", self.name, "link", "set", self.far, "up")
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        return self

    def cable(self, state):
        """up or down"""
        run("ip", "link", "set", self.near, state)

    def __exit__(self, *_):
        run("ip", "netns", "del", self.name)


class FarWorker(Program):
    """`tavana worker` on another host; its pages are out of our reach."""

    def __init__(self, host, port, *args):
        self.address, self.host, self.args, self.port = f"{host.ip}:{port}", host, args, port
        self.log_file = tempfile.NamedTemporaryFile("w+", prefix="tavana-", suffix=".log", delete=False)
        self.process = subprocess.Popen(["ip", "netns", "exec", host.name, str(BINARY), "worker", *map(str, args), "--http", "off",
                                         "--listen", self.address, "--rpc-plain", "on"], stdout=self.log_file, stderr=self.log_file)

    def wait_ready(self):
        wait_for(lambda: "listening" in self.log(), 60)
