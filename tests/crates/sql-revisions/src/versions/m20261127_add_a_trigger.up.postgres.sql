CREATE TABLE entries (account int NOT NULL, amount int NOT NULL);
CREATE FUNCTION log_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO entries VALUES (NEW.id, NEW.amount - OLD.amount);
    RETURN NEW;
END;
$$;
CREATE TRIGGER log_entry AFTER UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION log_entry();
UPDATE accounts SET amount = amount + 1 WHERE id = 1;
