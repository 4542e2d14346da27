UPDATE savings SET amount = amount - 1 WHERE id = 2;
DROP TABLE transfers;
UPDATE savings SET amount = amount - 30 WHERE id = 2;
UPDATE savings SET amount = amount + 30 WHERE id = 1;
