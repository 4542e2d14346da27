CREATE TABLE entries (account int NOT NULL, amount int NOT NULL);
DELIMITER //
CREATE TRIGGER log_entry AFTER UPDATE ON accounts FOR EACH ROW
BEGIN
    INSERT INTO entries VALUES (NEW.id, NEW.amount - OLD.amount);
END//
DELIMITER ;
UPDATE accounts SET amount = amount + 1 WHERE id = 1;
