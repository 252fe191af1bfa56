# PostgreSQL out of Debian's packages, for where no registry is reached; takes the same environment as the official image. Its data are
# thrown away after the run, so nothing is synced to disk.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update --quiet --quiet \
 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends postgresql >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/postgresql/*/bin /opt/postgres \
 && mkdir /data && chown postgres:postgres /data
ENV PATH=/opt/postgres:$PATH PGDATA=/data/cluster LC_ALL=C.UTF-8
USER postgres
RUN initdb --username=postgres --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 >/dev/null \
 && echo "host all all all scram-sha-256" >>$PGDATA/pg_hba.conf
COPY postgres-entrypoint /
EXPOSE 5432
HEALTHCHECK --interval=1s --timeout=2s --retries=30 CMD ["pg_isready", "--quiet", "--host=127.0.0.1"]
ENTRYPOINT ["/bin/sh", "/postgres-entrypoint"]
