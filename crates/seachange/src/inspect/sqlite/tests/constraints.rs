//! Constraints and indexes.

use super::described;

#[tokio::test]
async fn uniques_and_checks() {
    let script = "CREATE TABLE t (A int UNIQUE ON CONFLICT REPLACE CHECK (a > 0), b text CONSTRAINT bu UNIQUE CONSTRAINT bc CHECK ((b <> ',)')), \
                  c, CHECK (a < c), CONSTRAINT m CHECK (((a) <> (c))) UNIQUE (a, b COLLATE NOCASE DESC) ON CONFLICT IGNORE, \
                  CONSTRAINT u UNIQUE (\"C\")); CREATE UNIQUE INDEX ui ON t (c)";
    insta::assert_snapshot!(described(script).await, @"
    t
      A int
      b text
      c (no type)
      unique unnamed: A
      unique bu: b
      unique unnamed: A, b
      unique u: c
      check unnamed: a > 0
      check bc: b <> ',)'
      check unnamed: a < c
      check m: (a) <> (c)
      index ui unique=true c
    ");
}

#[tokio::test]
async fn primary_keys() {
    let script = "CREATE TABLE a (x, y int, CONSTRAINT k PRIMARY KEY (Y, x)); CREATE TABLE b (x text CONSTRAINT kb PRIMARY KEY); \
                  CREATE TABLE c (x, y, PRIMARY KEY (x COLLATE NOCASE DESC, y)) WITHOUT ROWID; CREATE TABLE d (x)";
    insta::assert_snapshot!(described(script).await, @"
    a
      x (no type)
      y int
      primary key k: y, x
    b
      x text
      primary key kb: x
    c
      x (no type) not null
      y (no type) not null
      primary key unnamed: x, y
    d
      x (no type)
    ");
}

#[tokio::test]
async fn foreign_keys() {
    let script = "CREATE TABLE Users (ID integer PRIMARY KEY); CREATE TABLE pairs (x, Y, PRIMARY KEY (y, x)); \
                  CREATE TABLE t (a REFERENCES users, b CONSTRAINT fb REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE NOT NULL, \
                  c REFERENCES missing DEFERRABLE INITIALLY DEFERRED, d REFERENCES t (a) MATCH FULL ON DELETE SET DEFAULT NOT DEFERRABLE INITIALLY DEFERRED, \
                  e REFERENCES users NOT NULL DEFERRABLE, f REFERENCES missing (Z), \
                  FOREIGN KEY (a, b) REFERENCES pairs ON UPDATE RESTRICT ON DELETE NO ACTION, \
                  CONSTRAINT s FOREIGN KEY (A) REFERENCES T (B) DEFERRABLE INITIALLY IMMEDIATE)";
    insta::assert_snapshot!(described(script).await, @"
    Users
      ID integer not null numbered Rowid { autoincrement: false }
      primary key unnamed: ID
    pairs
      x (no type)
      Y (no type)
      primary key unnamed: Y, x
    t
      a (no type)
      b (no type) not null
      c (no type)
      d (no type)
      e (no type) not null
      f (no type)
      foreign key unnamed: a -> Users(ID) delete NoAction update NoAction None
      foreign key fb: b -> Users(ID) delete SetNull update Cascade None
      foreign key unnamed: c -> missing() delete NoAction update NoAction Some(Deferred)
      foreign key unnamed: d -> t(a) delete SetDefault update NoAction None
      foreign key unnamed: e -> Users(ID) delete NoAction update NoAction Some(Immediate)
      foreign key unnamed: f -> missing(Z) delete NoAction update NoAction None
      foreign key unnamed: a, b -> pairs(Y, x) delete NoAction update Restrict None
      foreign key s: a -> t(b) delete NoAction update NoAction Some(Immediate)
    ");
}

#[tokio::test]
async fn one_name_on_two_tables() {
    let script = "CREATE TABLE a (x CONSTRAINT n CHECK (x > 0), CONSTRAINT u UNIQUE (x)); \
                  CREATE TABLE b (x CONSTRAINT n CHECK (x > 1), CONSTRAINT u UNIQUE (x))";
    insta::assert_snapshot!(described(script).await, @"
    a
      x (no type)
      unique u: x
      check n: x > 0
    b
      x (no type)
      unique u: x
      check n: x > 1
    ");
}

#[tokio::test]
async fn indexes_of_every_kind() {
    let script = "CREATE TABLE t (a, b text COLLATE NOCASE, c text, \"on\" int); CREATE INDEX i1 ON t (A DESC, b, c ASC); \
                  CREATE INDEX i2 ON t (b COLLATE nocase, c COLLATE rtrim DESC, b COLLATE BINARY); \
                  CREATE UNIQUE INDEX \"i 3\" ON t (lower(c), a + 1 DESC, (c), ((a || c)) COLLATE NOCASE); \
                  CREATE INDEX IF NOT EXISTS i4 ON t (\"a\", 'b', [c]) WHERE (a IS NOT NULL) AND c <> '('; \
                  CREATE INDEX \"where\" ON t (\"on\") WHERE (c > 'where')";
    insta::assert_snapshot!(described(script).await, @"
    t
      a (no type)
      b text collate NOCASE
      c text
      on int
      index i 3 unique=true (lower(c)), (a + 1) desc, c, (a || c) NOCASE
      index i1 unique=false a desc, b, c
      index i2 unique=false b, c RTRIM desc, b BINARY
      index i4 unique=false a, b, c where (a IS NOT NULL) AND c <> '('
      index where unique=false on where c > 'where'
    ");
}
