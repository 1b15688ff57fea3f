-- From which step on changes are known. One row.
UPDATE applied SET changes_from = ?1;
