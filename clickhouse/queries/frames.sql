-- How many frames the current samples come from.
SELECT uniqExact(frame_id) AS frames FROM observation
