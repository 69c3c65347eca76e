# Two stages: the wheel is built in one, the other holds only what runs.
FROM python:3.11.15-slim-bookworm AS build
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.8
COPY requirements.txt ./
# Every package from the index is checked against its hash; uv itself, above, by version only.
RUN python -m venv /opt/vigie \
    && uv pip install --no-cache --python /opt/vigie/bin/python --require-hashes -r requirements.txt
COPY . .
RUN uv build --wheel --out-dir /dist \
    && uv pip install --no-cache --no-deps --python /opt/vigie/bin/python /dist/*.whl

FROM python:3.11.15-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/vigie --create-home vigie \
    && chmod 0700 /var/lib/vigie
COPY --from=build /opt/vigie /opt/vigie
ENV PATH=/opt/vigie/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER vigie
WORKDIR /var/lib/vigie
VOLUME /var/lib/vigie
ENTRYPOINT ["vigie"]
CMD ["--help"]
