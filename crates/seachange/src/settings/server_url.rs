//! Reads the URL of a server, accepts what is unambiguous, and reports what is wrong.
//!
//! A password may contain `:`, `@`, spaces and letters of any language unencoded; `/`, `?`, `#` and `%` must be
//! percent-encoded. If they are not, that is an error: otherwise a part of the password would be read as a host name
//! and sent to that host.

use percent_encoding::percent_decode_str;

use super::error::{UrlPart, UrlProblem};
use super::secret::Secret;
use super::server::{self, ServerLocation};
use super::{Driver, parameters};

/// Reads the part after `scheme://`. Returns the server, and the names of dropped parameters.
pub(super) fn parse(driver: Driver, rest: &str) -> Result<(ServerLocation, Vec<String>), UrlProblem> {
    let (authority, tail) = split_authority(rest)?;
    let mut server = ServerLocation::new(driver);
    let address = match authority.rsplit_once('@') {
        Some((userinfo, address)) => {
            read_userinfo(&mut server, userinfo)?;
            address
        }
        None => authority,
    };
    read_address(&mut server, address)?;
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    server.name = decode(path.trim_start_matches('/'), UrlPart::Name)?;
    let dropped = parameters::read_server(&mut server, query)?;
    if server.name.is_empty() {
        return Err(UrlProblem::MissingName);
    }
    Ok((server, dropped))
}

fn split_authority(rest: &str) -> Result<(&str, &str), UrlProblem> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if rest.contains('#') || tail.contains('@') {
        return Err(UrlProblem::Reserved);
    }
    Ok((authority, tail))
}

fn read_userinfo(server: &mut ServerLocation, userinfo: &str) -> Result<(), UrlProblem> {
    let (username, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let username = decode(username, UrlPart::Username)?;
    let password = decode(password, UrlPart::Password)?;
    server.username = Some(username).filter(|name| !name.is_empty());
    server.password = Some(password).filter(|password| !password.is_empty()).map(Secret::new);
    Ok(())
}

fn read_address(server: &mut ServerLocation, address: &str) -> Result<(), UrlProblem> {
    let (host, port) = split_port(address)?;
    if let Some(port) = port {
        server.port = Some(server::port(port).ok_or(UrlProblem::Port)?);
    }
    let host = decode(host, UrlPart::Host)?;
    if !host.is_empty() {
        server.host = Some(server::url_host(&host)?);
    }
    Ok(())
}

fn split_port(address: &str) -> Result<(&str, Option<&str>), UrlProblem> {
    // No host name and no socket path contains a comma; lists of hosts do.
    if address.contains(',') {
        return Err(UrlProblem::SeveralHosts);
    }
    if address.starts_with('[') {
        let end = address.find(']').ok_or(UrlProblem::Host)?;
        let (host, rest) = address.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlProblem::Host),
        };
    }
    match address.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(UrlProblem::BareIpv6),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((address, None)),
    }
}

/// Decodes percent-encoding strictly: a `%` without two hexadecimal digits is an error.
pub(super) fn decode(text: &str, part: UrlPart) -> Result<String, UrlProblem> {
    let stray = |after: &str| {
        let digits = after.as_bytes().iter().take(2);
        digits.filter(|byte| byte.is_ascii_hexdigit()).count() != 2
    };
    if text.split('%').skip(1).any(stray) {
        return Err(UrlProblem::PercentEncoding(part));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| UrlProblem::PercentEncoding(part))
}
