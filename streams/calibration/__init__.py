"""Calibration kinds, one file each."""
