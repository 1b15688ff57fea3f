-- They are decided. Few.
DELETE FROM doubted;
