"""What is stored, judged again: what is asked, the days that wait, the frames, and the records.

The judgement is that of :mod:`streams.reprocess`; here is what it reads and writes.
"""
