//! A database URL that is safe to show, even if it cannot be parsed.

/// Replaces everything in `url` that may be a password by `***`.
///
/// It also works on malformed URLs, and hides too much rather than too little: everything between the first `:` and
/// the last `@`, the query, and, in a URL without `@`, everything after a `:`.
pub(super) fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.starts_with("sqlite:") { url.to_owned() } else { "***".to_owned() };
    };
    let Some((userinfo, tail)) = rest.rsplit_once('@') else {
        return mask_without_userinfo(scheme, rest);
    };
    let userinfo = hide_after(userinfo, ':');
    let tail = hide_after(tail, '?');
    format!("{scheme}://{userinfo}@{tail}")
}

fn mask_without_userinfo(scheme: &str, rest: &str) -> String {
    let rest = hide_after(rest, '?');
    let authority_ends = rest.find('/').unwrap_or(rest.len());
    if rest[..authority_ends].contains(':') {
        return format!("{scheme}://{}", hide_after(&rest, ':'));
    }
    format!("{scheme}://{rest}")
}

fn hide_after(text: &str, mark: char) -> String {
    match text.split_once(mark) {
        Some((before, _)) => format!("{before}{mark}***"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn masks_what_may_be_a_password() {
        for (url, expect) in [
            ("postgres://app:pw@db:5432/app", "postgres://app:***@db:5432/app"),
            ("postgres://app@db/app", "postgres://app@db/app"),
            ("postgres://app:p@ss/w?r#d@db/app", "postgres://app:***@db/app"),
            ("postgres://db/app?password=pw", "postgres://db/app?***"),
            ("postgres://app:pw", "postgres://app:***"),
            ("postgres://app:p/w", "postgres://app:***"),
            ("app:pw@db/app", "***"),
            ("sqlite:data/app.db", "sqlite:data/app.db"),
            ("sqlite:///data/app.db", "sqlite:///data/app.db"),
        ] {
            assert_eq!(mask(url), expect, "{url}");
        }
    }
}
