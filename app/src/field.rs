//! The values that the fields of a body may have. The bounds are those of the columns on the backend where they are
//! narrowest, so that the service refuses a request and names the field before the database refuses it.

use crate::error::Error;

/// The bound of `varchar(255)`, in characters.
const MAX_LINE: usize = 255;
/// The bound of MySQL's `text`, in bytes.
const MAX_TEXT: usize = 65_535;
/// Shorter passwords are easy to guess.
const MIN_PASSWORD: usize = 8;
/// Longer passwords only take more time to hash.
const MAX_PASSWORD: usize = 1024;

/// Returns an email address in lowercase, so that it is unique under every collation of the database.
pub(crate) fn email(value: &str) -> Result<String, Error> {
    let email = line("email", value)?.to_lowercase();
    let whole = matches!(email.split_once('@'), Some((name, host)) if !name.is_empty() && !host.is_empty());
    if !whole || email.matches('@').count() > 1 || email.contains(char::is_whitespace) {
        return Err(Error::invalid("email", "is not an email address"));
    }
    Ok(email)
}

/// Returns a password whose length is within the bounds.
pub(crate) fn password(value: String) -> Result<String, Error> {
    if value.chars().count() < MIN_PASSWORD {
        return Err(Error::invalid("password", format!("has to have {MIN_PASSWORD} characters at least")));
    }
    if value.len() > MAX_PASSWORD {
        return Err(Error::invalid("password", format!("may have {MAX_PASSWORD} bytes at most")));
    }
    Ok(value)
}

/// Returns a title without the white space around it.
pub(crate) fn title(value: &str) -> Result<String, Error> {
    line("title", value).map(str::to_owned)
}

/// Returns the text of a post unchanged.
pub(crate) fn content(value: String) -> Result<String, Error> {
    if value.len() > MAX_TEXT {
        return Err(Error::invalid("content", format!("may have {MAX_TEXT} bytes at most")));
    }
    no_nul("content", &value)?;
    Ok(value)
}

/// Checks a value for one bounded column, and removes the white space around it.
fn line<'a>(field: &'static str, value: &'a str) -> Result<&'a str, Error> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::invalid(field, "is empty"));
    }
    if value.chars().count() > MAX_LINE {
        return Err(Error::invalid(field, format!("may have {MAX_LINE} characters at most")));
    }
    no_nul(field, value)?;
    Ok(value)
}

/// Refuses the one character that PostgreSQL does not store.
fn no_nul(field: &'static str, value: &str) -> Result<(), Error> {
    if value.contains('\0') { Err(Error::invalid(field, "contains a NUL character")) } else { Ok(()) }
}
