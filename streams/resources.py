"""Where the data folders lie: beside the packages in a checkout, inside the wheel otherwise."""

from pathlib import Path

_HERE = Path(__file__).parent
_DATA = _HERE / "_data" if (_HERE / "_data").is_dir() else _HERE.parent

AVRO = _DATA / "avro"
CLICKHOUSE = _DATA / "clickhouse"
GRAFANA = _DATA / "grafana"
