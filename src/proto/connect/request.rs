//! The CONNECT request.

use crate::base::{Secret, Target};

/// Why a request cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host name cannot be sent to a proxy: it contains a blank or control character")]
pub struct BadRequest;

/// The bytes of a CONNECT to `target` (RFC 9110 section 9.3.6): authority form, the name as it is
/// so that the proxy resolves it, `Host` the same.
///
/// # Errors
/// The host holds a character that would end the request line or add a field.
pub fn request(target: &Target, authorization: Option<&Secret>) -> Result<Secret, BadRequest> {
    let authority = target.authority();
    if !authority.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BadRequest);
    }
    let mut request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {}\r\n",
        crate::base::USER_AGENT
    );
    if let Some(value) = authorization {
        if value.expose().bytes().any(|byte| byte.is_ascii_control()) {
            return Err(BadRequest);
        }
        request.push_str("Proxy-Authorization: ");
        request.push_str(value.expose());
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    Ok(Secret::new(request))
}
