"""Quality tests on the QARTOD scale, one file each, found by discovery."""
