-- What only MySQL has.
CREATE TABLE checked (id int NOT NULL PRIMARY KEY, age int, CONSTRAINT checked_age CHECK (age > 3) NOT ENFORCED);
CREATE INDEX checked_index ON checked (age) INVISIBLE;
