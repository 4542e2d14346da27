//! The types of MySQL and MariaDB, as far as they decide which values a column can hold.

use crate::sql::{SqlDialect, Token, TokenKind, significant, tokens};

/// A type, with what limits its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueType {
    /// From the first number to the second one.
    Integer(i128, i128),
    Decimal {
        precision: u32,
        scale: u32,
        is_unsigned: bool,
    },
    /// With the number of digits after the point, if the type states it.
    Float(Option<u32>),
    Double(Option<u32>),
    Bit(u32),
    Year,
    Text(TextType),
    /// `binary`, whose values all have this number of bytes.
    FixedBinary(u64),
    /// With the maximum number of bytes.
    Binary(u64),
    Enum(Vec<String>),
    Set(Vec<String>),
    Date,
    /// These have a number of digits of the second.
    Time(u32),
    DateTime(u32),
    Timestamp(u32),
    /// MySQL's own type. On MariaDB the word means a `longtext`.
    Json,
    /// Any other type.
    Other(String),
}

/// A type for texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextType {
    /// The maximum number of characters, if the type limits it.
    pub(crate) characters: Option<u64>,
    /// The maximum number of bytes, if the type limits it.
    pub(crate) bytes: Option<u64>,
    /// Whether the type pads its values with spaces, and so removes the spaces at their ends.
    pub(crate) is_padded: bool,
}

/// The type in a definition of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefinedType {
    pub(crate) value: ValueType,
    /// The character set, if the definition states it or a collation of it.
    pub(crate) charset: Option<String>,
}

impl DefinedType {
    /// Reads the definition of a column, without the name of the column.
    pub(crate) fn parse(definition: &str, is_mariadb: bool) -> Option<Self> {
        let tokens = tokens(definition, SqlDialect::MySql);
        let tokens = significant(&tokens);
        let first = tokens.first().filter(|token| token.kind == TokenKind::Word)?;
        let (arguments, rest) = arguments(&tokens);
        let is_unsigned = rest.iter().any(|token| token.is_word("unsigned") || token.is_word("zerofill"));
        let is_varying = tokens.get(1).is_some_and(|second| second.is_word("varying"));
        let name = if is_varying { "varchar".to_owned() } else { first.text.to_ascii_lowercase() };
        Some(Self { value: value(&name, &arguments, is_unsigned, is_mariadb), charset: charset(&name, rest) })
    }

    /// Whether a definition of a column says `NOT NULL`.
    pub(super) fn is_required(definition: &str) -> bool {
        let tokens = tokens(definition, SqlDialect::MySql);
        let tokens = significant(&tokens);
        let mut depth = 0_usize;
        tokens.windows(2).any(|pair| {
            match pair[0].kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && pair[0].is_word("not") && pair[1].is_word("null")
        })
    }

    /// The text of the type in a definition: the words up to the arguments, and these.
    pub(super) fn text(definition: &str) -> String {
        let depth_zero_words = ["unsigned", "zerofill", "precision", "varying"];
        let tokens = tokens(definition, SqlDialect::MySql);
        let (mut text, mut depth) = (String::new(), 0_usize);
        for (at, token) in tokens.iter().enumerate() {
            let is_part = at == 0
                || depth > 0
                || matches!(token.kind, TokenKind::Open | TokenKind::Space)
                || depth_zero_words.iter().any(|word| token.is_word(word));
            if !is_part {
                break;
            }
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            text.push_str(token.text);
        }
        text.trim_end().to_owned()
    }
}

/// The numbers or texts in the parentheses after the name of a type, and what follows them.
fn arguments<'t>(tokens: &'t [Token<'t>]) -> (Vec<String>, &'t [Token<'t>]) {
    // `double precision` and `character varying` have two words.
    let open = tokens.iter().take(3).position(|token| token.kind == TokenKind::Open);
    let Some(open) = open else { return (Vec::new(), tokens.get(1..).unwrap_or_default()) };
    let close = tokens.iter().position(|token| token.kind == TokenKind::Close).unwrap_or(tokens.len());
    let inside = tokens.get(open + 1..close).unwrap_or_default();
    let arguments = inside.iter().filter_map(|token| token.spelled().map(std::borrow::Cow::into_owned));
    (arguments.collect(), tokens.get(close + 1..).unwrap_or_default())
}

fn value(name: &str, arguments: &[String], is_unsigned: bool, is_mariadb: bool) -> ValueType {
    let number = |at: usize| arguments.get(at).and_then(|argument| argument.parse::<u32>().ok());
    let length = |default: u64| arguments.first().and_then(|argument| argument.parse().ok()).unwrap_or(default);
    let integer = |bits: u32| {
        let range = 1_i128 << bits;
        if is_unsigned { ValueType::Integer(0, range - 1) } else { ValueType::Integer(-range / 2, range / 2 - 1) }
    };
    let characters =
        |characters, is_padded| ValueType::Text(TextType { characters: Some(characters), bytes: None, is_padded });
    let bytes = |bytes| ValueType::Text(TextType { characters: None, bytes, is_padded: false });
    match name {
        "bool" | "boolean" => ValueType::Integer(-128, 127),
        "tinyint" | "int1" => integer(8),
        "smallint" | "int2" => integer(16),
        "mediumint" | "int3" | "middleint" => integer(24),
        "int" | "integer" | "int4" => integer(32),
        "bigint" | "int8" => integer(64),
        "serial" => ValueType::Integer(0, (1 << 64) - 1),
        "decimal" | "dec" | "numeric" | "fixed" => {
            ValueType::Decimal { precision: number(0).unwrap_or(10), scale: number(1).unwrap_or(0), is_unsigned }
        }
        // With one number, which is a number of binary digits.
        "float" if number(1).is_none() && number(0).is_some_and(|digits| digits > 24) => ValueType::Double(None),
        "float" | "float4" => ValueType::Float(number(1)),
        "double" | "real" | "float8" => ValueType::Double(number(1)),
        "bit" => ValueType::Bit(number(0).unwrap_or(1)),
        "year" => ValueType::Year,
        "char" | "character" | "nchar" => characters(length(1), true),
        "varchar" | "nvarchar" | "varcharacter" => characters(length(255), false),
        "tinytext" => bytes(Some(255)),
        "text" => bytes(Some(match length(0) {
            0 => 65_535,
            // The server takes the smallest type that holds this number of characters.
            characters => fitting(characters.saturating_mul(4)),
        })),
        "mediumtext" | "long" => bytes(Some(16_777_215)),
        "longtext" => bytes(None),
        "json" if is_mariadb => bytes(None),
        "json" => ValueType::Json,
        "binary" => ValueType::FixedBinary(length(1)),
        "varbinary" => ValueType::Binary(length(255)),
        "tinyblob" => ValueType::Binary(255),
        "blob" => ValueType::Binary(match length(0) {
            0 => 65_535,
            bytes => fitting(bytes),
        }),
        "mediumblob" => ValueType::Binary(16_777_215),
        "longblob" => ValueType::Binary(u64::from(u32::MAX)),
        "enum" => ValueType::Enum(arguments.to_vec()),
        "set" => ValueType::Set(arguments.to_vec()),
        "date" => ValueType::Date,
        "time" => ValueType::Time(number(0).unwrap_or(0)),
        "datetime" => ValueType::DateTime(number(0).unwrap_or(0)),
        "timestamp" => ValueType::Timestamp(number(0).unwrap_or(0)),
        _ => ValueType::Other(name.to_owned()),
    }
}

/// The capacity of the smallest type for texts or bytes that holds this number of bytes.
fn fitting(bytes: u64) -> u64 {
    let sizes = [255, 65_535, 16_777_215];
    sizes.into_iter().find(|size| bytes <= *size).unwrap_or(u64::from(u32::MAX))
}

/// The character set that a definition states.
fn charset(name: &str, rest: &[Token<'_>]) -> Option<String> {
    if matches!(name, "nchar" | "nvarchar") {
        return Some("utf8mb3".to_owned());
    }
    let after = |at: usize| {
        let value = rest.get(at..)?.iter().find(|token| token.text != "=")?;
        value.spelled().map(|value| value.to_ascii_lowercase())
    };
    let (mut depth, mut of_collation) = (0_usize, None);
    for (at, token) in rest.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Word if depth > 0 => {}
            _ if token.is_word("charset") => return after(at + 1).map(canonical),
            _ if token.is_word("character") && rest.get(at + 1).is_some_and(|next| next.is_word("set")) => {
                return after(at + 2).map(canonical);
            }
            _ if token.is_word("collate") => of_collation = after(at + 1).as_deref().and_then(charset_of_collation),
            _ => {}
        }
    }
    of_collation
}

/// The character set of a collation. Some collations of MariaDB belong to several character sets.
pub(crate) fn charset_of_collation(collation: &str) -> Option<String> {
    let charset = collation.to_ascii_lowercase().split('_').next().unwrap_or_default().to_owned();
    (!charset.starts_with("uca")).then(|| canonical(charset))
}

fn canonical(charset: String) -> String {
    if charset == "utf8" { "utf8mb3".to_owned() } else { charset }
}

#[cfg(test)]
mod tests {
    use super::{DefinedType, TextType, ValueType};

    fn check(definition: &str, expected: ValueType) {
        let parsed = DefinedType::parse(definition, false).map(|defined| defined.value);
        assert_eq!(parsed, Some(expected), "{definition}");
    }

    #[test]
    fn types_are_read_with_their_limits() {
        let text = |characters, bytes, is_padded| ValueType::Text(TextType { characters, bytes, is_padded });
        check("int(10) unsigned NOT NULL", ValueType::Integer(0, 4_294_967_295));
        check("INT UNSIGNED", ValueType::Integer(0, 4_294_967_295));
        check("bool", ValueType::Integer(-128, 127));
        check("bigint", ValueType::Integer(i128::from(i64::MIN), i128::from(i64::MAX)));
        check("decimal(10, 2)", ValueType::Decimal { precision: 10, scale: 2, is_unsigned: false });
        check("decimal", ValueType::Decimal { precision: 10, scale: 0, is_unsigned: false });
        check("double precision", ValueType::Double(None));
        check("float(30)", ValueType::Double(None));
        check("float(7,3)", ValueType::Float(Some(3)));
        check("varchar(20) DEFAULT 'a(1)'", text(Some(20), None, false));
        check("character varying(20)", text(Some(20), None, false));
        check("char", text(Some(1), None, true));
        check("text", text(None, Some(65_535), false));
        check("longtext", text(None, None, false));
        check("varbinary(16)", ValueType::Binary(16));
        check("ENUM('a', 'it''s')", ValueType::Enum(vec!["a".to_owned(), "it's".to_owned()]));
        check("datetime(6)", ValueType::DateTime(6));
        check("json", ValueType::Json);
        check("point", ValueType::Other("point".to_owned()));
        let json = DefinedType::parse("json", true).map(|defined| defined.value);
        assert_eq!(json, Some(text(None, None, false)));
    }

    #[test]
    fn the_character_set_is_stated_or_belongs_to_the_collation() {
        let charset = |definition: &str| DefinedType::parse(definition, false).and_then(|defined| defined.charset);
        assert_eq!(charset("varchar(20) CHARACTER SET latin1 NOT NULL").as_deref(), Some("latin1"));
        assert_eq!(charset("varchar(20) CHARSET `utf8` NOT NULL").as_deref(), Some("utf8mb3"));
        assert_eq!(charset("text NOT NULL COLLATE utf8mb4_bin").as_deref(), Some("utf8mb4"));
        assert_eq!(charset("text COLLATE uca1400_ai_ci"), None);
        assert_eq!(charset("text DEFAULT 'charset latin1'"), None);
    }

    #[test]
    fn a_required_value_is_stated_outside_of_parentheses() {
        assert!(DefinedType::is_required("varchar(20) NOT NULL DEFAULT 'x'"));
        assert!(!DefinedType::is_required("int CHECK (`a` IS NOT NULL) COMMENT 'NOT NULL'"));
    }

    #[test]
    fn the_text_of_a_type_ends_before_the_rest_of_the_definition() {
        assert_eq!(DefinedType::text("varchar(20) CHARACTER SET latin1"), "varchar(20)");
        assert_eq!(DefinedType::text("int UNSIGNED NOT NULL"), "int UNSIGNED");
        assert_eq!(DefinedType::text("ENUM('a', ')') DEFAULT 'a'"), "ENUM('a', ')')");
        assert_eq!(DefinedType::text("double precision"), "double precision");
    }
}
