-- title_fr: Niveau sonore jour-soir-nuit Lden
-- title_en: Day-evening-night sound level Lden
-- use_case: noise
-- properties: sound_level
-- unit: dB(A)
-- time_base: 1 d, Europe/Paris, from 06:00 to 06:00 of the following day
-- capture_min: 0.75
-- definition: Day 6-18 h, evening 18-22 h with 5 dB, night 22-6 h of the following morning with 10 dB; weights 12, 4 and 8 of 24 h, whatever the night's length when the clocks change; each level is null where the values flagged 1 or 2 cover less than three quarters of its own hours, and Lden where one of the three is.
-- source: Directive 2002/49/EC, annex I; French hours of the order of 4 April 2006 on noise maps (arrêté du 4 avril 2006 relatif à l'établissement des cartes de bruit).
WITH labelled AS
(
    SELECT
        *,
        toHour(start, 'Europe/Paris') AS hour,
        toDate(start, 'Europe/Paris') - toIntervalDay(hour < 6) AS date,
        multiIf(hour < 6, 'night', hour < 18, 'day', hour < 22, 'evening', 'night') AS part
    FROM window
    WHERE property = 'sound_level' AND duration = 900
),
days AS
(
    SELECT
        device,
        channel,
        date,
        sumIf(energy, part = 'day') AS energy_day,
        sumIf(energy, part = 'evening') AS energy_evening,
        sumIf(energy, part = 'night') AS energy_night,
        ifNull(sumIf(exposure, part = 'day'), 0) AS seconds_day,
        ifNull(sumIf(exposure, part = 'evening'), 0) AS seconds_evening,
        ifNull(sumIf(exposure, part = 'night'), 0) AS seconds_night,
        sum(good) AS good,
        sum(unknown) AS unknown,
        sum(suspect) AS suspect,
        sum(fail) AS fail,
        sum(missing) AS missing
    FROM labelled
    GROUP BY device, channel, date
),
levels AS
(
    SELECT
        *,
        makeDateTime(toYear(date), toMonth(date), toDayOfMonth(date), 6, 0, 0, 'Europe/Paris')
            AS morning,
        makeDateTime(toYear(date), toMonth(date), toDayOfMonth(date), 22, 0, 0, 'Europe/Paris')
            AS nightfall,
        date + toIntervalDay(1) AS next,
        makeDateTime(toYear(next), toMonth(next), toDayOfMonth(next), 6, 0, 0, 'Europe/Paris')
            AS next_morning,
        least(1, seconds_day / (12 * 3600)) AS capture_day,
        least(1, seconds_evening / (4 * 3600)) AS capture_evening,
        least(1, seconds_night / dateDiff('second', nightfall, next_morning)) AS capture_night,
        if(capture_day >= 0.75, 10 * log10(energy_day / seconds_day), NULL) AS ld,
        if(capture_evening >= 0.75, 10 * log10(energy_evening / seconds_evening), NULL) AS le,
        if(capture_night >= 0.75, 10 * log10(energy_night / seconds_night), NULL) AS ln,
        10 * log10((12 * exp10(ld / 10) + 4 * exp10((le + 5) / 10) + 8 * exp10((ln + 10) / 10))
            / 24) AS lden
    FROM days
)
SELECT
    l.device AS device,
    l.channel AS channel,
    if(l.morning < p.until, p.site, '') AS site,
    if(l.morning < p.until, p.commune, '') AS commune,
    d.use_case AS use_case,
    toTimeZone(l.morning, 'UTC') AS period_start,
    toTimeZone(l.next_morning, 'UTC') AS period_end,
    l.date AS local_date,
    l.lden AS value,
    'dB(A)' AS unit,
    least(l.capture_day, l.capture_evening, l.capture_night) AS capture,
    l.good AS good,
    l.unknown AS unknown,
    l.suspect AS suspect,
    l.fail AS fail,
    l.missing AS missing,
    l.ld AS ld,
    l.le AS le,
    l.ln AS ln,
    l.lden AS lden,
    l.capture_day AS capture_day,
    l.capture_evening AS capture_evening,
    l.capture_night AS capture_night
FROM levels AS l
LEFT JOIN device AS d ON d.device = l.device
ASOF LEFT JOIN deployment AS p ON p.device = l.device AND p.since <= l.morning
