-- How often names or values were forgotten. One row.
SELECT forgotten FROM applied;
