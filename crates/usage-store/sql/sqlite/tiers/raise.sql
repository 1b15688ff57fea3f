-- Servers' rows are kept from ?1 on, cells from ?2 on. One row.
UPDATE tiers SET days = ?1, cells = ?2;
