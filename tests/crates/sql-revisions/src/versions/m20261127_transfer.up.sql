UPDATE savings SET amount = amount - 30 WHERE id = 1;
UPDATE savings SET amount = amount + 30 WHERE id = 2;
CREATE TABLE transfers (id int NOT NULL PRIMARY KEY);
UPDATE savings SET amount = amount + 1 WHERE id = 2;
