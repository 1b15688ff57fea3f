-- From which place on it is known which spans have reports of which organization, and up to where. One row.
SELECT spans_from, seq FROM applied;
