# The service on one machine's records, or with PostgreSQL and S3: see docker-compose.yml and docs/operations.md.
# Word templates need LibreOffice, which is not in here: HTML templates, as the shipped ones are, do not.
FROM python:3.11-slim-bookworm

# The same list that `make setup` installs from.
COPY tools/setup-system /tmp/setup-system
RUN bash /tmp/setup-system runtime && rm -rf /tmp/setup-system /var/lib/apt/lists/*

WORKDIR /opt/eakte
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY eakte eakte
COPY storage storage
COPY ocr ocr
COPY api api
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && rm -rf build *.egg-info

# Everything that is kept lies in /data; the process may write nowhere else but /tmp.
RUN useradd --system --uid 10001 --no-create-home eakte && install -d -o eakte -g eakte -m 0750 /data
USER eakte
WORKDIR /data
ENV EAKTE_DATA_DIR=/data HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8000
# `serve` finishes or puts back its work within 20 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["eakte", "serve", "--host", "0.0.0.0", "--port", "8000"]
