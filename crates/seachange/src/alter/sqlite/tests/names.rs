//! Unnamed constraints are found by the name that PostgreSQL would give them.

use super::{Alter, change, check_left_clean, database, table};

async fn changed(script: &str, changes: impl for<'m, 'c> FnOnce(Alter<'m, 'c>) -> Alter<'m, 'c>) -> String {
    let connection = database(script).await;
    let result = change(&connection, "t", changes).await;
    check_left_clean(&connection).await;
    match result {
        Ok(()) => table(&connection, "t").await,
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn unnamed_constraints_are_found() {
    let script = "CREATE TABLE p (x PRIMARY KEY); CREATE TABLE t (a int UNIQUE CHECK (a > 0), b int REFERENCES p CHECK (b > a), c, UNIQUE (b, c), CHECK (lower(c) <> ''))";
    insta::assert_snapshot!(changed(script, |t| t.drop_unique("t_a_key").drop_check("T_a_check")).await, @"CREATE TABLE t (a int, b int REFERENCES p CHECK (b > a), c, UNIQUE (b, c), CHECK (lower(c) <> ''))");
    insta::assert_snapshot!(changed(script, |t| t.drop_unique("t_b_c_key").drop_check("t_c_check")).await, @"CREATE TABLE t (a int UNIQUE CHECK (a > 0), b int REFERENCES p CHECK (b > a), c)");
    insta::assert_snapshot!(changed(script, |t| t.drop_check("t_check").drop_foreign_key("t_b_fkey")).await, @"CREATE TABLE t (a int UNIQUE CHECK (a > 0), b int, c, UNIQUE (b, c), CHECK (lower(c) <> ''))");
    insta::assert_snapshot!(changed(script, |t| t.drop_unique("t_c_key")).await, @"table `t` has no unique constraint `t_c_key` (it has an unnamed one on `a`, an unnamed one on `b`, `c`)");
}

#[tokio::test]
async fn a_name_goes_first_and_nothing_is_guessed() {
    let script = "CREATE TABLE t (a int UNIQUE, b, CONSTRAINT t_a_key UNIQUE (b), CHECK (a > 0), CHECK (a < 5))";
    insta::assert_snapshot!(changed(script, |t| t.drop_unique("t_a_key")).await, @"CREATE TABLE t (a int UNIQUE, b, CHECK (a > 0), CHECK (a < 5))");
    insta::assert_snapshot!(changed(script, |t| t.drop_check("t_a_check")).await, @"table `t` has several unnamed checks that `t_a_check` could mean");
    let named = "CREATE TABLE t (a int CONSTRAINT u UNIQUE)";
    insta::assert_snapshot!(changed(named, |t| t.drop_unique("t_a_key")).await, @"table `t` has no unique constraint `t_a_key` (it has `u`)");
}
