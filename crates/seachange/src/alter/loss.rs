//! What values lose when their column gets another type.

mod domain;
#[cfg(test)]
mod tests;

use std::mem::discriminant;

use sea_orm::DbBackend;

use self::domain::ValueDomain;
use crate::schema::SqlType;

/// What the values of a column can lose when the column gets another type. At least one part is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeLoss {
    /// Values that the new type cannot hold. The database refuses the change because of them; MySQL and MariaDB cut
    /// them unless the strict mode is on.
    pub(crate) unfit: Option<UnfitValues>,
    /// How the conversion changes values that the new type can hold.
    pub(crate) changed: Option<ValueChange>,
}

/// Values that a type cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnfitValues {
    /// Texts of more characters.
    Characters(u64),
    /// Texts or binary values of more bytes.
    Bytes(u64),
    /// Numbers below the first or above the second.
    Range(i128, i128),
    /// Numbers with more digits before the point.
    Digits(u32),
    /// Times before the first or after the second year.
    Years(u16, u16),
    /// Values that an enumerated type no longer has.
    Removed(Vec<String>),
}

/// A change of values that a conversion makes without an error, and that the conversion back does not revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueChange {
    /// Numbers are rounded to some digits after the point.
    Fraction(u32),
    /// Numbers keep fewer significant digits.
    Precision,
    /// Numbers become `true` or `false`.
    Truth,
    /// Texts become numbers: `'007'` becomes 7.
    Number,
    /// Texts become values of another kind, of which each has one spelling.
    Spelling,
    /// JSON texts lose their spaces, the order of their keys, and repeated keys.
    Format,
    /// Moments lose their date.
    Date,
    /// Moments lose their time of day.
    TimeOfDay,
    /// Moments become local times in the time zone of the session.
    Zone,
    /// Moments are rounded to some digits of a second.
    Seconds(u32),
}

/// Finds what values lose when their column gets another type. `None` means that the conversion back restores each
/// value, or that the types are not known.
pub(crate) fn loss(backend: DbBackend, from: &SqlType, to: &SqlType) -> Option<TypeLoss> {
    let (from, to) = (ValueDomain::of(backend, &from.text), ValueDomain::of(backend, &to.text));
    between(&from, &to)
}

/// Whether a default of one type suits the other, and is spelled in the same way: both types hold texts, numbers, dates …
/// MySQL and MariaDB spell numbers with the digits of the type. A type that is not known resembles itself alone.
pub(crate) fn share_defaults(backend: DbBackend, left: &SqlType, right: &SqlType) -> bool {
    use ValueDomain as Of;
    let (left_domain, right_domain) = (ValueDomain::of(backend, &left.text), ValueDomain::of(backend, &right.text));
    match (&left_domain, &right_domain) {
        (Of::Other, _) | (_, Of::Other) => left.text == right.text,
        (Of::Moment(left), Of::Moment(right)) => left.has_same_parts(right),
        (Of::Decimal { digits: Some((_, left)) }, Of::Decimal { digits: Some((_, right)) })
            if backend == DbBackend::MySql =>
        {
            left == right
        }
        (left, right) if backend != DbBackend::MySql && left.is_number() && right.is_number() => true,
        (left, right) => discriminant(left) == discriminant(right),
    }
}

fn between(from: &ValueDomain, to: &ValueDomain) -> Option<TypeLoss> {
    if let (ValueDomain::Array(from), ValueDomain::Array(to)) = (from, to) {
        return between(from, to);
    }
    let loss = TypeLoss { unfit: unfit(from, to), changed: changed(from, to) };
    (loss.unfit.is_some() || loss.changed.is_some()).then_some(loss)
}

/// The values that the second domain cannot hold. Texts that are no number, date … at all are not meant.
fn unfit(from: &ValueDomain, to: &ValueDomain) -> Option<UnfitValues> {
    use ValueDomain as Of;
    match (from, to) {
        (Of::Enumerated(old), Of::Enumerated(new)) => {
            let removed: Vec<_> = old.iter().filter(|value| !new.contains(value)).cloned().collect();
            (!removed.is_empty()).then_some(UnfitValues::Removed(removed))
        }
        (Of::Moment(old), Of::Moment(new)) => new
            .years
            .filter(|_| old.years != new.years && old.has_date)
            .map(|(first, last)| UnfitValues::Years(first, last)),
        (Of::Binary { bytes: old }, Of::Binary { bytes: Some(new) } | Of::Text { bytes: Some(new), .. }) => {
            is_over(*old, *new).then_some(UnfitValues::Bytes(*new))
        }
        (_, Of::Text { characters: Some(new), .. }) => {
            is_over(from.characters()?, *new).then_some(UnfitValues::Characters(*new))
        }
        (_, Of::Text { bytes: Some(new), .. } | Of::Binary { bytes: Some(new) }) => {
            // A character has up to four bytes.
            let longest = match from {
                Of::Text { bytes: Some(bytes), .. } => Some(*bytes),
                _ => from.characters()?.map(|characters| characters.saturating_mul(4)),
            };
            is_over(longest, *new).then_some(UnfitValues::Bytes(*new))
        }
        (_, Of::Integer { least, most }) => {
            let (old_least, old_most) = from.range()?;
            let is_wider = old_least.is_none_or(|old| old < *least) || old_most.is_none_or(|old| old > *most);
            is_wider.then_some(UnfitValues::Range(*least, *most))
        }
        (_, Of::Decimal { digits: Some((before, _)) }) => {
            let largest = 10_i128.saturating_pow(*before) - 1;
            let (least, most) = from.range()?;
            let is_wider = least.is_none_or(|least| least < -largest) || most.is_none_or(|most| most > largest);
            is_wider.then_some(UnfitValues::Digits(*before))
        }
        _ => None,
    }
}

/// How the conversion changes values that the second domain can hold.
fn changed(from: &ValueDomain, to: &ValueDomain) -> Option<ValueChange> {
    use ValueDomain as Of;
    match (from, to) {
        (Of::Text { .. }, Of::Text { .. } | Of::Binary { .. } | Of::Enumerated(_) | Of::Json { .. } | Of::Other) => {
            (matches!(to, Of::Json { is_parsed: true })).then_some(ValueChange::Format)
        }
        (Of::Json { is_parsed: false }, Of::Json { is_parsed: true }) => Some(ValueChange::Format),
        (Of::Text { .. }, Of::Array(_)) => None,
        (Of::Text { .. }, Of::Integer { .. } | Of::Decimal { .. } | Of::Float { .. }) => Some(ValueChange::Number),
        (Of::Text { .. }, _) => Some(ValueChange::Spelling),
        (Of::Integer { .. } | Of::Decimal { .. } | Of::Float { .. }, Of::Boolean) => Some(ValueChange::Truth),
        (Of::Decimal { .. } | Of::Float { .. }, Of::Integer { .. }) => {
            (!matches!(from, Of::Decimal { digits: Some((_, 0)) })).then_some(ValueChange::Fraction(0))
        }
        (Of::Decimal { digits: old }, Of::Decimal { digits: Some((_, new)) }) => {
            old.is_none_or(|(_, old)| old > *new).then_some(ValueChange::Fraction(*new))
        }
        (Of::Float { .. }, Of::Decimal { digits: Some((_, new)) }) => Some(ValueChange::Fraction(*new)),
        (_, Of::Float { digits }) => {
            let significant = match from {
                Of::Integer { least, most } => Some(least.unsigned_abs().max(most.unsigned_abs()).to_string().len()),
                Of::Decimal { digits: Some((before, after)) } => usize::try_from(before + after).ok(),
                Of::Decimal { digits: None } => Some(usize::MAX),
                Of::Float { digits } => usize::try_from(*digits).ok(),
                _ => None,
            }?;
            (significant > usize::try_from(*digits).unwrap_or_default()).then_some(ValueChange::Precision)
        }
        (Of::Moment(old), Of::Moment(new)) => match () {
            () if old.has_date && !new.has_date => Some(ValueChange::Date),
            () if old.has_time && !new.has_time => Some(ValueChange::TimeOfDay),
            () if old.has_zone && !new.has_zone => Some(ValueChange::Zone),
            () if old.has_time && old.fraction > new.fraction => Some(ValueChange::Seconds(new.fraction)),
            () => None,
        },
        _ => None,
    }
}

/// Whether a limit, which may be missing, is over another one.
fn is_over(old: Option<u64>, new: u64) -> bool {
    old.is_none_or(|old| old > new)
}

impl UnfitValues {
    /// Writes what does not fit, after the name of the column.
    pub(crate) fn sentence(&self, column: &str) -> String {
        match self {
            Self::Characters(limit) => {
                format!("values of `{column}` that are longer than {limit} characters do not fit")
            }
            Self::Bytes(limit) => format!("values of `{column}` that are longer than {limit} bytes do not fit"),
            Self::Range(least, most) => format!("values of `{column}` below {least} or above {most} do not fit"),
            Self::Digits(0) => format!("values of `{column}` with digits before the point do not fit"),
            Self::Digits(before) => {
                let digits = if *before == 1 { "digit" } else { "digits" };
                format!("values of `{column}` with more than {before} {digits} before the point do not fit")
            }
            Self::Years(first, last) => format!("values of `{column}` before {first} or after {last} do not fit"),
            Self::Removed(values) => {
                let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
                format!("the type of `{column}` loses {}", values.join(", "))
            }
        }
    }
}

impl ValueChange {
    /// Writes how values change, with the name of the column.
    pub(crate) fn sentence(self, column: &str) -> String {
        match self {
            Self::Fraction(0) => format!("values of `{column}` are rounded to whole numbers"),
            Self::Fraction(1) => format!("values of `{column}` are rounded to 1 digit after the point"),
            Self::Fraction(digits) => format!("values of `{column}` are rounded to {digits} digits after the point"),
            Self::Precision => format!("values of `{column}` are rounded to fewer digits"),
            Self::Truth => format!("numbers in `{column}` become true or false"),
            Self::Number => format!("texts in `{column}` become numbers and lose their spelling: '007' becomes 7"),
            Self::Spelling => format!("texts in `{column}` lose their spelling"),
            Self::Format => format!("JSON in `{column}` loses its spaces, the order of its keys, and repeated keys"),
            Self::Date => format!("values of `{column}` lose their date"),
            Self::TimeOfDay => format!("values of `{column}` lose their time of day"),
            Self::Zone => format!("values of `{column}` become local times in the time zone of the session"),
            Self::Seconds(0) => format!("values of `{column}` are rounded to seconds"),
            Self::Seconds(digits) => format!("values of `{column}` are rounded to {digits} digits of a second"),
        }
    }
}

impl TypeLoss {
    /// The sentences for a column, which begin with a small letter and end without a full stop.
    pub(crate) fn sentences(&self, column: &str) -> impl Iterator<Item = String> {
        let unfit = self.unfit.as_ref().map(|unfit| unfit.sentence(column));
        unfit.into_iter().chain(self.changed.map(|changed| changed.sentence(column)))
    }
}
