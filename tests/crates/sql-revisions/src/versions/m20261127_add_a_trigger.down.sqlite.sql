DROP TRIGGER log_entry;
DROP TABLE entries;
UPDATE accounts SET amount = amount - 1 WHERE id = 1;
