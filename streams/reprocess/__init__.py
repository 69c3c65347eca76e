"""The other driver: the judgement over what is stored, or over frames, and what differs.

``tasks`` (:mod:`streams.reprocess.ranges`) cuts what is asked into pieces, ``run``
(:mod:`streams.reprocess.executor`) does them: read, judge (:mod:`streams.reprocess.task`), compare,
write what differs. The same functions as live give the same bits.
"""
