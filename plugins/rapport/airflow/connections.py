"""Where lists go, by Airflow connections: secrets stay with Airflow or the environment."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import Connection, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from rapport.activation.https import HttpsReceiver, HttpsTarget
from rapport.activation.mail import MailServer
from rapport.activation.objects import ObjectDrop
from rapport.activation.sftp import SftpDrop, SftpTarget
from rapport.activation.transports import LocalDrop, Transport
from rapport.businesses import Business, DropDestination
from rapport.errors import DeliveryError


def transport_for(business: Business, destination: str) -> Transport | HttpsReceiver:
    """Where a destination's lists go, and to whom they are encrypted, if to anybody."""
    place = _place(business, destination)
    place.encrypt_to = business.key_file_of(destination)
    return place


def _place(business: Business, destination: str) -> Transport | HttpsReceiver:
    """A bucket or an HTTPS receiver where the business's file says so, SFTP when a connection is given, else the drop.

    The connection is the one the business's file names for the destination, or `rapport_<destination>_sftp`
    (for instance AIRFLOW_CONN_RAPPORT_DROP_SFTP in the environment). Raises DeliveryError when one is named and
    does not exist.
    """
    configured = business.destinations.get(destination, DropDestination())
    where = f"businesses/{business.name}.yml, destinations.{destination}"
    if configured.transport == "s3":
        return _bucket(configured, where)
    if configured.transport == "https":
        return _receiver(configured, f"rapport_{destination}_https", where)
    connection_id = configured.connection or f"rapport_{destination}_sftp"
    try:
        connection = _named(connection_id, where)
    except DeliveryError:
        if configured.transport == "sftp":
            raise
        return LocalDrop(Path(configured.folder).expanduser() if configured.folder else business.drop_folder())
    return SftpDrop(_target(connection, configured))


def _named(connection_id: str, where: str) -> Connection:
    """The Airflow connection of that id. Raises DeliveryError saying how to add it."""
    try:
        return Connection.get(connection_id)
    except (AirflowNotFoundException, AirflowRuntimeError):
        raise DeliveryError(
            f"There is no Airflow connection {connection_id}.",
            where=where,
            fix=f"add it in the UI, or set AIRFLOW_CONN_{connection_id.upper()}",
        ) from None


def _bucket(configured: DropDestination, where: str) -> ObjectDrop:
    if not configured.connection or not configured.folder:
        raise DeliveryError(
            f"Nobody says which {'folder' if configured.connection else 'connection'} the bucket has.",
            where=where,
            fix="expected {transport: s3, connection: <Airflow connection id>, folder: <bucket>/<prefix>}",
        )
    _named(configured.connection, where)
    folder = ObjectStoragePath(f"s3://{configured.connection}@{configured.folder}")
    return ObjectDrop(folder.fs, folder.path)


def _receiver(configured: DropDestination, usual_id: str, where: str) -> HttpsReceiver:
    """Login and password are sent as such (Basic), a password alone as bearer token."""
    connection = _named(configured.connection or usual_id, where)
    host = (connection.host or "").rstrip("/")
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    port = f":{connection.port}" if connection.port else ""
    path = (configured.folder or connection.extra_dejson.get("path") or "").lstrip("/")
    user, password = connection.login or None, connection.password or None
    target = HttpsTarget(
        url=f"{host}{port}/{path}" if path or port else host,
        user=user,
        password=password if user else None,
        token=None if user else password,
        ca_file=connection.extra_dejson.get("ca_file"),
    )
    return HttpsReceiver(target)


def mail_server_for(business: Business) -> tuple[MailServer, str]:
    """The mail server of the business's summary, and the address it comes from, by the Airflow connection.

    Its extra is read as Airflow's own SMTP connections are: `disable_ssl`, `disable_tls`, `from_email`. Raises
    DeliveryError when there is no such connection, or no sender.
    """
    where = f"businesses/{business.name}.yml, summary"
    connection = _named(business.summary.connection, where)
    extra = connection.extra_dejson
    has_ssl, has_tls = (str(extra.get(name, "false")).lower() != "true" for name in ("disable_ssl", "disable_tls"))
    sender = business.summary.sender or extra.get("from_email")
    if not sender:
        raise DeliveryError(
            "Nobody says which address the summary comes from.",
            where=where,
            fix="set `sender` there, or from_email in the extra of the connection",
        )
    server = MailServer(
        host=connection.host or "127.0.0.1",
        port=connection.port or (465 if has_ssl else 587),
        security="ssl" if has_ssl else "starttls" if has_tls else "none",
        user=connection.login or None,
        password=connection.password or None,
    )
    return server, str(sender)


def _target(connection: Connection, configured: DropDestination) -> SftpTarget:
    extra = connection.extra_dejson
    return SftpTarget(
        host=connection.host or "127.0.0.1",
        port=connection.port or 22,
        user=connection.login or "",
        password=connection.password or None,
        folder=configured.folder or extra.get("folder") or connection.schema or ".",
        private_key=extra.get("private_key"),
        key_file=extra.get("key_file"),
        passphrase=extra.get("private_key_passphrase"),
        host_key=extra.get("host_key"),
        check_host_key=str(extra.get("no_host_key_check", "false")).lower() != "true",
    )
