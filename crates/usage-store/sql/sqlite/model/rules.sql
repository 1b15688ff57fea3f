-- By which rules the model was derived. One row.
SELECT rules FROM applied;
