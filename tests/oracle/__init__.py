"""A second opinion: what the store must hold, from the norm, in plain loops.

It imports nothing of the product, so that a mistake there cannot be made here by inheritance.
Slow and obvious on purpose. Sources: QARTOD manuals (U.S. IOOS, "Manual for Real-Time Quality
Control", flags 1, 2, 3, 4, 9 and the tests gross range, spike, flat line) and ISO 1996-1:2016
(equivalent continuous level as an energy sum over the measurement times).
"""
