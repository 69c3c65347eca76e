# What CI runs; `uv run just TARGET` needs nothing installed but uv.

set shell := ["bash", "-euo", "pipefail", "-c"]

# all that CI checks
ci: lint test

# the README's test command: two processes share the tests, since half of the time is waiting
test *arguments:
    uv run pytest -n 2 --dist loadfile {{arguments}}

# style, types, direction of imports
lint:
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports

# resolve and write the pins; `just pin --upgrade` takes the newest versions
pin *arguments:
    uv run --no-sync python -m tools.pin {{arguments}}
    uv sync

# twenty fault runs, on real servers (about half an hour)
soak *arguments:
    uv run python -m tests.chaos soak --runs 20 {{arguments}}

# rates of the parts beside their ceilings, one JSON object a line
bench *arguments:
    uv run python -m bench {{arguments}}

# generate the reference pages and dashboards
docs:
    uv run python -m tools.docs
    uv run python -m tools.dashboards

# the whole of docker compose, end to end; needs docker
check-compose:
    tools/check_compose.sh
