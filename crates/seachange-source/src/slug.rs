//! Slugs: the part of a file name that describes the revision.

use any_ascii::any_ascii;

use crate::message::NO_MESSAGE;

/// The maximum number of characters in a slug.
pub const MAX_SLUG_LENGTH: usize = 40;

/// Returns `message` in ASCII lower snake case, cut at a word to at most [`MAX_SLUG_LENGTH`] characters.
///
/// Other scripts are transliterated. The result consists of `a` to `z`, digits and single underscores between words,
/// so after the `m` and the date of a file name it forms a valid module name. It is never empty: the slug of a
/// message without a letter or a digit is `revision`.
///
/// ```
/// use seachange_source::slug;
///
/// assert_eq!(slug("Add \"content\" column"), "add_content_column");
/// assert_eq!(slug("größere Übersicht"), "grossere_ubersicht");
/// assert_eq!(slug("*/"), "revision");
/// ```
pub fn slug(message: &str) -> String {
    let ascii = any_ascii(message).replace('\'', "").to_ascii_lowercase();
    let words = ascii.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = join(words);
    if slug.is_empty() { NO_MESSAGE.to_owned() } else { slug }
}

/// Joins words until the first that does not fit. A first word that is too long by itself is cut.
fn join<'a>(mut words: impl Iterator<Item = &'a str>) -> String {
    let first = words.next().unwrap_or_default();
    let mut slug = first[..first.len().min(MAX_SLUG_LENGTH)].to_owned();
    for word in words {
        if slug.len() + 1 + word.len() > MAX_SLUG_LENGTH {
            break;
        }
        slug.push('_');
        slug.push_str(word);
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_is_short_ascii_snake_case() {
        let check = |message: &str, expected: &str| assert_eq!(slug(message), expected, "{message:?}");
        check("add content column", "add_content_column");
        check("Don't  drop `users`!", "dont_drop_users");
        check("fn", "fn");
        check("создать таблицу", "sozdat_tablitsu");
        check("rocket 🚀", "rocket_rocket");
        check("", "revision");
        check("../../etc/passwd", "etc_passwd");
        check("0123456789 0123456789 0123456789 0123456 a", "0123456789_0123456789_0123456789_0123456");
        check("add the foreign key from posts to their owners", "add_the_foreign_key_from_posts_to_their");
        check(&"a".repeat(500), &"a".repeat(40));
    }
}
