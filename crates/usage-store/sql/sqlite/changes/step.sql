-- The model's step, and from which one on changes are known. One row.
SELECT step, changes_from FROM applied;
