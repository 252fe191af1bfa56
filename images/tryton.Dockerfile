# Tryton, which is GPL software and stays in here: nothing of the kit is in this image, and the kit speaks to it over HTTP. The database is
# that of libpq's variables (PGHOST, PGUSER, PGPASSWORD). Built by: erp-testkit images build
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
COPY wheels/ /wheels/
COPY requirements.txt /
# Neither network nor ensurepip: pip runs out of its own wheel.
RUN python3 -m venv --without-pip /opt/tryton \
 && PYTHONPATH=$(ls /wheels/pip-*.whl) /opt/tryton/bin/python3 -m pip install --quiet --no-cache-dir --no-compile --no-index --find-links /wheels --requirement /requirements.txt
COPY tryton.conf /opt/tryton/trytond.conf

FROM ${BASE}
COPY --from=build /opt/tryton /opt/tryton
ENV PATH=/opt/tryton/bin:$PATH USER=tryton TRYTOND_CONFIG=/opt/tryton/trytond.conf TRYTOND_LOGGING_LEVEL=20 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=1s --timeout=2s --retries=30 CMD ["python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 1)"]
ENTRYPOINT ["python3", "-m", "trytond.cli"]
