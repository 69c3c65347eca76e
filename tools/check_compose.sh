#!/usr/bin/env bash
# docker compose from nothing to an indicator and back: servers, topics, schemas, migrations, one
# uplink through the webhook, its observation and its indicator. A project, ports and secrets of
# its own; whatever runs already is left alone. Needs docker with compose v2, curl, openssl.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
password=$(openssl rand -hex 24)
reader=$(openssl rand -hex 24)
secret=$(openssl rand -hex 24)
cat >"$scratch/env" <<END
VIGIE_CLICKHOUSE_PASSWORD=$password
GRAFANA_CLICKHOUSE_PASSWORD=$reader
GRAFANA_ADMIN_PASSWORD=$(openssl rand -hex 24)
S3_ACCESS_KEY_ID=check
S3_SECRET_ACCESS_KEY=$(openssl rand -hex 24)
VIGIE_SECRET_TTS=$secret
VIGIE_SECRET_CHIRPSTACK=$(openssl rand -hex 24)
WEBHOOK_PORT=29080
GRAFANA_PORT=23000
CLICKHOUSE_PORT=28123
END
chmod 0600 "$scratch/env"

compose() { docker compose --project-name vigie-check --env-file "$scratch/env" "$@"; }
ask() {
    curl --silent --show-error --fail --header "X-ClickHouse-User: vigie" \
        --header "X-ClickHouse-Key: $password" --data-binary "$1" \
        "http://127.0.0.1:28123/?database=vigie"
}
finish() {
    status=$?
    [ "$status" -eq 0 ] || compose logs --tail 50
    compose down --volumes --timeout 30
    rm -r "$scratch"
    exit "$status"
}
trap finish EXIT

compose build
compose up --detach --wait --wait-timeout 300

echo "roles: Grafana's user reads, and does nothing else"
as_reader() {
    curl --silent --output /dev/null --write-out '%{http_code}' --data-binary "$1" \
        --header "X-ClickHouse-User: grafana_reader" --header "X-ClickHouse-Key: $reader" \
        "http://127.0.0.1:28123/?database=vigie"
}
[ "$(as_reader 'SELECT count() FROM observation')" = 200 ]
[ "$(as_reader 'DROP VIEW observation')" != 200 ]

echo "inventory: one source, codec, device and profile"
compose run --rm -T --no-deps --entrypoint python bootstrap - <tools/compose_inventory.py

echo "a wrong secret is refused"
refused=$(curl --silent --output /dev/null --write-out '%{http_code}' --data '{}' \
    --header 'Content-Type: application/json' --header 'X-Vigie-Secret: wrong' \
    http://127.0.0.1:29080/v1/tts/uplink)
[ "$refused" = 401 ]

echo "one uplink: 50.0 %"
now=$(date --utc +%Y-%m-%dT%H:%M:%S.%NZ)
cat >"$scratch/uplink.json" <<END
{
  "end_device_ids": {
    "device_id": "check",
    "application_ids": {"application_id": "check"},
    "dev_eui": "0200000000C0FFEE"
  },
  "received_at": "$now",
  "uplink_message": {
    "session_key_id": "Y2hlY2s=", "f_port": 1, "f_cnt": 1, "frm_payload": "AfQ=",
    "received_at": "$now"
  }
}
END
curl --silent --show-error --fail --header 'Content-Type: application/json' \
    --header "X-Vigie-Secret: $secret" --data-binary "@$scratch/uplink.json" \
    http://127.0.0.1:29080/v1/tts/uplink

for _ in $(seq 60); do
    value=$(ask "SELECT value FROM indicator_pav_fill WHERE device = '0200000000C0FFEE'")
    [ "$value" != 50 ] || break
    sleep 2
done
[ "$value" = 50 ] || { echo "the indicator gave '$value' instead of 50 in two minutes" >&2; exit 1; }

echo "every indicator answers"
for file in clickhouse/indicators/*.sql; do
    ask "SELECT count() FROM indicator_$(basename "$file" .sql)" >/dev/null
done
echo "check-compose: all well"
