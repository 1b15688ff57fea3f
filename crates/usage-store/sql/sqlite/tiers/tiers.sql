-- The first days that are kept, of servers' rows and of cells. One row.
SELECT days, cells FROM tiers;
