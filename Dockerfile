# Build: the same pinned requirements as everywhere, into a virtual environment.
# A release names the base image by its digest: see docs/security.md.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
# fleet: with what many sites need (NATS, PostgreSQL).
ARG REQUIREMENTS=run
WORKDIR /build
COPY requirements/$REQUIREMENTS.txt requirements/build.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/$REQUIREMENTS.txt \
    && pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY src src
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels . \
    && /venv/bin/pip install --no-cache-dir --no-deps wheels/*.whl

# Run: no compiler, no build tools, not root.
FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /var/lib/energy-manager energy \
    && install --directory --owner energy --group energy /var/lib/energy-manager
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENERGY_MANAGER_API__HOST=0.0.0.0 STATE_DIRECTORY=/var/lib/energy-manager
# What is stored; without a volume of your own it goes with the container.
VOLUME /var/lib/energy-manager
USER energy
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"ENERGY_MANAGER_API__PORT\", 8888)}/healthz', timeout=2)"]
ENTRYPOINT ["energy-manager"]
CMD ["run"]
