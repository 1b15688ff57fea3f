-- The last cluster, organization and refused report that ever were. Served by SQLite's own small tables.
SELECT (SELECT seq FROM model_file.sqlite_sequence WHERE name = 'cluster'),
       (SELECT seq FROM main.sqlite_sequence WHERE name = 'organization'),
       (SELECT seq FROM main.sqlite_sequence WHERE name = 'quarantine');
