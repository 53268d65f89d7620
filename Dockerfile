# The server, and with another command every other one: docs/production.md
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DVC_NO_ANALYTICS=1

WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE hhrec.py ./
COPY hhrec_cli hhrec_cli
COPY stages stages
# Where given, the index of torch's builds without CUDA: docs/production.md
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir --constraint constraints.txt '.[serve]' \
    && rm -rf /src/build \
    && useradd --uid 10001 --create-home hhrec \
    && mkdir /data && chown hhrec /data

USER 10001
WORKDIR /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["hhrec"]
CMD ["serve", "/data/days/current/bundle", "--host", "0.0.0.0", "--log-format", "json"]
