-- Schema 7: what of products' reports is kept, and what it means.

-- Changes with every list; commits of reports ask for it.
CREATE TABLE allowlist_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO allowlist_version VALUES (1, 1);

-- A product without a row has no list.
CREATE TABLE allowlist (
    product TEXT PRIMARY KEY,
    mode    TEXT NOT NULL CHECK (mode IN ('off', 'drop', 'mask'))
) STRICT, WITHOUT ROWID;

-- What is on the lists. A name '*' is all of its kind.
CREATE TABLE allowed (
    product TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('dimension', 'value', 'stat')),
    name    TEXT NOT NULL,
    PRIMARY KEY (product, kind, name)
) STRICT, WITHOUT ROWID;

-- Names, never values, of what lists removed, and since when: some, where they are many.
CREATE TABLE not_allowed (
    product TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('dimension', 'value', 'stat')),
    name    TEXT NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (product, kind, name)
) STRICT, WITHOUT ROWID;

-- What operators noted about what products report. An empty text: nothing noted.
CREATE TABLE dictionary_note (
    product     TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('dimension', 'value', 'stat')),
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    unit        TEXT NOT NULL,
    owner       TEXT NOT NULL,
    sensitivity TEXT NOT NULL CHECK (sensitivity IN ('', 'public', 'internal', 'personal')),
    PRIMARY KEY (product, kind, name)
) STRICT, WITHOUT ROWID;
