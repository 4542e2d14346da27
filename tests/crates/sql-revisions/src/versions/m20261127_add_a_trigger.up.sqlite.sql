CREATE TABLE entries (account int NOT NULL, amount int NOT NULL);
CREATE TRIGGER log_entry AFTER UPDATE ON accounts
BEGIN
    INSERT INTO entries VALUES (NEW.id, NEW.amount - OLD.amount);
END;
UPDATE accounts SET amount = amount + 1 WHERE id = 1;
