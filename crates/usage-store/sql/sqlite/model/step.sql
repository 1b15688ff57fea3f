-- How many steps the model has made. One row.
SELECT step FROM applied;
