"""What is shipped for machines: compose files, systemd units, Prefect's deployments."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from meterdrop.commands.worker import OFFICE_POOL, READING_POOL
from meterdrop.keeper import READING
from meterdrop.settings import OPTIONS
from tests.tree import ROOT, text

DEPLOY = ROOT / "deploy"
COMPOSE = ("compose.yaml", "compose.worker.yaml")
UNITS = sorted(
    path.name for path in (DEPLOY / "systemd").glob("meterdrop-*") if path.suffix in {".service", ".timer"}
)
#: Of the Compose specification, what these files use.
TOP = {"name", "services", "volumes"}
SERVICE = {
    "image", "build", "restart", "init", "command", "entrypoint", "environment", "depends_on", "healthcheck",
    "ports", "volumes", "stop_signal", "stop_grace_period", "logging",
}  # fmt: skip
HEALTH = {"test", "interval", "timeout", "retries", "start_period", "disable"}
SETTINGS = {option.name for option in OPTIONS}


def compose(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((DEPLOY / "compose" / name).read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_files_say_only_what_compose_knows(name: str) -> None:
    whole = compose(name)
    assert {key for key in whole if not key.startswith("x-")} <= TOP
    for service in whole["services"].values():
        assert set(service) <= SERVICE
        assert set(service["healthcheck"]) <= HEALTH
        for other, when in service.get("depends_on", {}).items():
            assert other in whole["services"]
            wanted = "service_completed_successfully" if other == "deploy" else "service_healthy"
            assert when == {"condition": wanted}
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in whole["volumes"] or (DEPLOY / "compose" / source).exists()
        built = service.get("build")
        if built:
            assert (DEPLOY / "compose" / built["context"]).resolve() == ROOT
            assert (ROOT / built["dockerfile"]).is_file()


@pytest.mark.parametrize("name", COMPOSE)
def test_every_container_that_stays_has_a_health_check(name: str) -> None:
    for service, what in compose(name)["services"].items():
        assert what["healthcheck"].get("disable", False) == (service == "deploy")
        assert what["restart"] in {"unless-stopped", "on-failure"}


@pytest.mark.parametrize("name", COMPOSE)
def test_every_variable_of_a_compose_file_is_in_the_example(name: str) -> None:
    used = (DEPLOY / "compose" / name).read_text("utf-8")
    example = (DEPLOY / "compose" / "example.env").read_text("utf-8")
    offered = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", used)) <= offered


def test_containers_and_units_set_only_what_is_a_setting() -> None:
    texts = [path.read_text("utf-8") for path in DEPLOY.rglob("*") if path.is_file()]
    used = {name for text in texts for name in re.findall(r"\bMETERDROP_[A-Z0-9_]+", text)}
    assert used
    assert used <= SETTINGS


def sections(unit: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (DEPLOY / "systemd" / unit).read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section].setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_units_start_what_there_is_as_nobody_special(unit: str) -> None:
    service = sections(unit)["Service"]
    assert service["User"] == ["meterdrop"]
    assert service["NoNewPrivileges"] == ["yes"]
    for line in [*service["ExecStart"], *service.get("ExecStartPost", ())]:
        program, command, *_ = line.removeprefix("/opt/meterdrop/").split()
        assert program in {".venv/bin/meterdrop", ".venv/bin/prefect"} or (ROOT / program).is_file()
        assert command in {"serve", "worker", "backup", "server"} or command.startswith("http://127.0.0.1:")
    for file in service["EnvironmentFile"]:
        assert (DEPLOY / "systemd" / (Path(file).name + ".example")).is_file()
    if service["Type"] == ["exec"]:
        assert service["Restart"] == ["always"]
    if service["Type"] == ["exec"] and " server " not in service["ExecStart"][0]:
        # Below it run processes that may be killed for what a page takes: systemd must not stop the rest.
        assert service["OOMPolicy"] == ["continue"]
    if "worker" in service["ExecStart"][0] and service["Type"] == ["exec"]:
        # The first process alone is told, and has time for its chunk.
        assert service["KillMode"] == ["mixed"]
        assert int(service["TimeoutStopSec"][0]) > 110


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_itself_finds_nothing_wrong_with_the_units(unit: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed; apt-get install systemd")
    for path in (DEPLOY / "systemd").iterdir():
        unit_text = path.read_text("utf-8").replace("/opt/meterdrop/.venv/bin/", "/bin/true ")
        (tmp_path / path.name).write_text(
            unit_text.replace("/opt/meterdrop/deploy/systemd/wait-for", "/bin/true")
        )
    instance = unit.replace("@.", "@1.")
    if instance != unit:
        (tmp_path / unit).rename(tmp_path / instance)
    answer = subprocess.run(
        [program, "verify", "--man=no", tmp_path / instance], capture_output=True, text=True, check=False
    )
    said = [line for line in answer.stderr.splitlines() if instance in line]
    assert not said


def test_every_deployment_has_a_flow_and_a_pool_that_a_worker_serves() -> None:
    listed = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    # Read, not imported: Prefect would configure the whole test process.
    exported = set(re.findall(r'"(\w+)"', text(Path("meterdrop/deployments.py")).partition("__all__")[2]))
    for each in listed:
        module, _, name = each["entrypoint"].rpartition(".")
        assert module == "meterdrop.deployments"
        assert name in exported
        assert each["work_pool"]["name"] in {READING_POOL, OFFICE_POOL}
    flow, _, deployment = READING.partition("/")
    [reading] = [each for each in listed if each["name"] == deployment]
    assert f'@flow(name="{flow}"' in text(Path("flows/waiting.py"))
    assert reading["entrypoint"].endswith(".digitise_waiting")
    assert reading["work_pool"]["name"] == READING_POOL
    # As many at once as there are workers.
    assert "concurrency_limit" not in reading
