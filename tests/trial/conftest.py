"""The servers of the end-to-end tests, for the trial of tools: each test is run on Tavana and on a PostgreSQL 15."""

import importlib.util
import pathlib
import sys

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))
spec = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
servers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(servers)

pytest_configure = servers.pytest_configure
shared_server, server, postgres, either = servers.shared_server, servers.server, servers.postgres, servers.either
