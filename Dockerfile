# Two targets: `airflow` (every part of Rapport) and `sftp` (a place to deliver to). docker-compose.yml builds both.

FROM python:3.11-slim AS packages
WORKDIR /opt/rapport
# The same script, versions and hashes as on a machine of one's own; the last line drops uv, which nothing needs later.
COPY Makefile requirements.lock ./
COPY bin/install bin/install
RUN UV_NO_CACHE=1 bin/install python3.11 "$(sed -n 's/^UV_VERSION := //p' Makefile)" requirements.lock \
    && rm -rf .venv/tools

FROM debian:bookworm-slim AS sftp
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-server \
    && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_*
# The same number as in the other image: both write to the folders they share. The chroot itself belongs to root.
RUN groupadd --gid 10001 rapport \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir / --shell /usr/sbin/nologin rapport \
    && install -d -m 0755 /run/sshd /srv/sftp \
    && install -d -m 0750 -o rapport -g rapport /srv/sftp/drop /srv/sftp/landing
RUN printf '%s\n' \
    'Port 2222' \
    'HostKey /run/sshd/host_key' \
    'AllowUsers rapport' \
    'PermitRootLogin no' \
    'PasswordAuthentication yes' \
    'KbdInteractiveAuthentication no' \
    'UsePAM no' \
    'AllowTcpForwarding no' \
    'X11Forwarding no' \
    'Subsystem sftp internal-sftp' \
    'ChrootDirectory /srv/sftp' \
    'ForceCommand internal-sftp -u 0027' \
    >/etc/ssh/sshd_config
EXPOSE 2222
CMD ["bash", "-euc", "umask 077; printf %s \"$SFTP_HOST_PRIVATE_KEY\" | base64 -d >/run/sshd/host_key; printf 'rapport:%s\\n' \"$SFTP_PASSWORD\" | chpasswd; unset SFTP_HOST_PRIVATE_KEY SFTP_PASSWORD; exec /usr/sbin/sshd -D -e"]

FROM python:3.11-slim AS airflow
RUN groupadd --gid 10001 rapport \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/rapport --shell /usr/sbin/nologin rapport \
    && install -d -m 0750 -o rapport -g rapport /var/lib/rapport /var/lib/rapport/landing /var/lib/rapport/drop
WORKDIR /opt/rapport
COPY --from=packages /opt/rapport/.venv .venv
COPY businesses businesses
COPY dags dags
COPY dbt_project dbt_project
COPY expectations expectations
COPY plugins plugins
# The code stays root's: what runs cannot change it. Bytecode is compiled here, since it could not be written later.
RUN .venv/bin/python -m compileall -q dags plugins
ENV PATH=/opt/rapport/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RAPPORT_PROJECT=/opt/rapport \
    RAPPORT_HOME=/var/lib/rapport \
    AIRFLOW_HOME=/var/lib/rapport/airflow
USER rapport
CMD ["rapport", "--help"]
