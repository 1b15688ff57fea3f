-- How far the model is. One row.
SELECT seq, element, received_at FROM applied;
