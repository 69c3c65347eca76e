-- Personal data leaves only as coarse as its use case declares. What is personal is declared, so
-- these views follow the inventory.

CREATE VIEW IF NOT EXISTS personal_property AS
SELECT id AS property
FROM declaration
WHERE kind = 'property' AND JSONExtractString(body, 'personal_data') IN ('indirect', 'personal');

-- The shortest period in seconds that a use case publishes for one device; the greatest number
-- where it declares none, or only several devices together.
CREATE VIEW IF NOT EXISTS use_case_publication AS
SELECT
    id AS use_case,
    JSONExtractString(body, 'personal_data') IN ('indirect', 'personal') AS personal,
    if(JSONHas(body, 'published') AND JSONExtractUInt(body, 'published', 'least_devices') <= 1,
       JSONExtractFloat(body, 'published', 'least_period'), 1.7e308) AS least_period
FROM declaration
WHERE kind = 'use_case';

CREATE VIEW IF NOT EXISTS personal_device AS
SELECT id AS device
FROM declaration
WHERE kind = 'device' AND JSONExtractString(body, 'use_case') IN
    (SELECT use_case FROM use_case_publication WHERE personal);

-- Row by row, without what is personal: what readers are shown.
CREATE VIEW IF NOT EXISTS public_observation AS
SELECT * FROM observation_status
WHERE property NOT IN (SELECT property FROM personal_property)
    AND device NOT IN (SELECT device FROM personal_device);

CREATE VIEW IF NOT EXISTS public_window AS
SELECT * FROM window
WHERE property NOT IN (SELECT property FROM personal_property)
    AND device NOT IN (SELECT device FROM personal_device);
