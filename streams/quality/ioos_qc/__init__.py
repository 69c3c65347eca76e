"""The tests of ioos_qc 3.0.0, flag for flag: for whoever compares two systems, not for judging.

By counts where ours go by time, across gaps, the first samples good. The parameters have the
names and the units of ioos_qc, so that its configuration is used as it is; where unit and meaning
are the same, our name does as well. Where ioos_qc calls a missing value good or raises on a
series too short, these say MISSING and UNKNOWN.

Source: ioos_qc 3.0.0, https://github.com/ioos/ioos_qc (Apache-2.0).
"""
