-- title_fr: Niveau sonore équivalent horaire LAeq,1h
-- title_en: Hourly equivalent sound level LAeq,1h
-- use_case: noise
-- properties: sound_level
-- unit: dB(A)
-- time_base: 1 h, UTC
-- capture_min: 0.75
-- definition: Ten times the decimal logarithm of the energy mean of the levels flagged 1 or 2; null where they cover less than three quarters of the hour.
-- source: ISO 1996-1:2016, equivalent continuous sound pressure level.
WITH hours AS
(
    SELECT
        device,
        channel,
        toStartOfHour(start) AS hour,
        sum(energy) AS energy,
        sum(exposure) AS seconds,
        sum(good) AS good,
        sum(unknown) AS unknown,
        sum(suspect) AS suspect,
        sum(fail) AS fail,
        sum(missing) AS missing
    FROM window
    WHERE property = 'sound_level' AND duration = 900
    GROUP BY device, channel, hour
)
SELECT
    h.device AS device,
    h.channel AS channel,
    if(h.hour < p.until, p.site, '') AS site,
    if(h.hour < p.until, p.commune, '') AS commune,
    d.use_case AS use_case,
    h.hour AS period_start,
    h.hour + toIntervalHour(1) AS period_end,
    toDate(h.hour, 'Europe/Paris') AS local_date,
    if(capture >= 0.75, 10 * log10(h.energy / h.seconds), NULL) AS value,
    'dB(A)' AS unit,
    least(1, ifNull(h.seconds, 0) / 3600) AS capture,
    h.good AS good,
    h.unknown AS unknown,
    h.suspect AS suspect,
    h.fail AS fail,
    h.missing AS missing
FROM hours AS h
LEFT JOIN device AS d ON d.device = h.device
ASOF LEFT JOIN deployment AS p ON p.device = h.device AND p.since <= h.hour
