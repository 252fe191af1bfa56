# The reference ERP. Built by: erp-testkit images build
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
COPY wheels/ /wheels/
COPY requirements.txt /
# Neither network nor ensurepip: pip runs out of its own wheel.
RUN python3 -m venv --without-pip /opt/erp \
 && PYTHONPATH=$(ls /wheels/pip-*.whl) /opt/erp/bin/python3 -m pip install --quiet --no-cache-dir --no-compile --no-index --find-links /wheels --requirement /requirements.txt
COPY kit/ /opt/erp/kit/

FROM ${BASE}
COPY --from=build /opt/erp /opt/erp
ENV PATH=/opt/erp/bin:$PATH PYTHONPATH=/opt/erp/kit PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=1s --timeout=2s --retries=30 CMD ["python3", "-m", "erp_testkit.standins.entrypoint", "--check", "8000"]
ENTRYPOINT ["python3", "-m", "erp_testkit.standins.entrypoint", "8000", "erp_testkit.standins.reference"]
