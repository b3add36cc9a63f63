"""Airflow's settings for a stack of its own: LocalExecutor, metadata in the same cluster, secrets in files."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path

from rapport import settings
from rapport.files import write_whole

USUAL_PORT = 8080


def airflow_home() -> Path:
    """Airflow's home: configuration, logs, and the secrets generated for this checkout."""
    return settings.state_dir() / "airflow"


def environment(business: str, *, clock: bool, ports: dict[str, int], database_url: str) -> dict[str, str]:
    """Environment of all Airflow processes. `ports` as `choose_ports` returns them."""
    home = airflow_home()
    root = settings.PROJECT_ROOT
    found = dict(os.environ)
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    found |= {
        "RAPPORT_BUSINESS": business,
        "RAPPORT_CLOCK": "on" if clock else "off",
        "RAPPORT_HOME": str(settings.state_dir()),
        "RAPPORT_PROJECT": str(root),
        "RAPPORT_STACK": str(home),  # marks every process of this stack
        "AIRFLOW_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{found.get('PATH', '')}",
        "PYTHONPATH": str(Path(__file__).parent / "preload"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "rapport.airflow.executor.RestartingExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(max(4, 2 * (os.cpu_count() or 2))),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": secret("fernet"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{ports['api']}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url.replace("postgresql://", "postgresql+psycopg2://", 1),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ports["api"]),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{ports['api']}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secret("api"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secret("jwt"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports["worker_log"]),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports["trigger_log"]),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # A dead task is noticed within half a minute instead of five.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "5",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # A DAG's file that changes is read at once; all of them, for what they import, took a quarter of a core.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # A task ends without Python's own goodbyes: what dbt locks with is then said, in red, to be left behind.
        "PYTHONWARNINGS": "ignore:resource_tracker",
        "GX_ANALYTICS_ENABLED": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    return found


def secret(name: str) -> str:
    """A generated secret of this checkout, kept in a file nobody else may read."""
    path = airflow_home() / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # urlsafe_b64encode of 32 bytes is what Fernet takes for a key
        write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path.read_text()


def admin_password() -> str:
    """Password of the UI's user `admin`, generated before the API server would do it."""
    path = airflow_home() / "simple_auth_manager_passwords.json.generated"
    with suppress(FileNotFoundError, ValueError, KeyError):
        found: str = json.loads(path.read_text())["admin"]
        return found
    write_whole(path, json.dumps({"admin": secrets.token_urlsafe(12)}) + "\n")
    return admin_password()


def choose_ports(*, usual: bool = True) -> dict[str, int]:
    """The usual port for the UI if it is free, else another; free ones for the log servers."""
    ports = {"api": USUAL_PORT if usual and is_free(USUAL_PORT) else 0}
    probes = []
    for name in ("api", "worker_log", "trigger_log"):
        if not ports.get(name):
            probe = socket.socket()
            probe.bind(("127.0.0.1", 0))
            probes.append(probe)
            ports[name] = probe.getsockname()[1]
    for probe in probes:
        probe.close()
    return ports


def is_free(port: int) -> bool:
    """True if nobody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
