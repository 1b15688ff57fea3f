-- How far the model had come when it was last emptied. One row.
SELECT emptied_at FROM applied;
