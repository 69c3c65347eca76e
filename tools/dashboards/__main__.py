"""Writes ``grafana/dashboards/*.json`` from the definitions beside this file."""

import sys

from tools.dashboards.render import FOLDER, rendered


def main() -> int:
    """Write every dashboard, and remove the file of one that is gone."""
    texts = rendered()
    for path in FOLDER.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
