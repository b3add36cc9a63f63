"""Postgres: the embedded server, databases, connections and the warehouse's own tables."""

from rapport.warehouse.connections import (
    airflow_database_url,
    connect,
    connect_to_airflow,
    connection_parameters,
    ensure_running,
    has_warehouse,
    server_started_at,
    stop,
    warehouse_url,
)
from rapport.warehouse.full_disk import telling_a_full_disk

__all__ = [
    "airflow_database_url",
    "connect",
    "connect_to_airflow",
    "connection_parameters",
    "ensure_running",
    "has_warehouse",
    "server_started_at",
    "stop",
    "telling_a_full_disk",
    "warehouse_url",
]
