-- Schema 11: pages about products for anybody, and what they said.

-- A product without a row has none.
CREATE TABLE public_page (
    product   TEXT PRIMARY KEY,
    shown     INTEGER NOT NULL CHECK (shown IN (0, 1)),
    -- Counts below it are hidden, others rounded down to multiples of it.
    threshold INTEGER NOT NULL,
    -- Names, with commas between.
    charts    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was published of a week. It stays as it is: a difference would tell who came late or had reports erased.
CREATE TABLE public_week (
    product  TEXT NOT NULL,
    from_day INTEGER NOT NULL,
    -- Rounded; 0: too few.
    servers  INTEGER NOT NULL,
    PRIMARY KEY (product, from_day)
) STRICT, WITHOUT ROWID;

-- Parts of a week's servers that are large enough to be named, rounded.
CREATE TABLE public_part (
    product  TEXT NOT NULL,
    from_day INTEGER NOT NULL,
    chart    TEXT NOT NULL,
    name     TEXT NOT NULL,
    servers  INTEGER NOT NULL,
    PRIMARY KEY (product, from_day, chart, name)
) STRICT, WITHOUT ROWID;
