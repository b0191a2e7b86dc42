//! What a refusal means that may be for want of a login, where one was sent: no advice to send one. Pure.

/// Of an answer of the deployment; `None` where it is no such refusal, or no login was sent.
pub(super) fn refused(status: u16, is_sent: bool) -> Option<&'static str> {
    match status {
        _ if !is_sent => None,
        401 | 407 => Some(
            "it does not take the login that was sent: see the user name and the password, or which \
             kind of login it wants",
        ),
        403 => Some(
            "with the login that was sent it is forbidden: this user may not see it, or nobody may",
        ),
        300..=399 => Some(
            "a redirect, although a login was sent: mostly to a page where users log in, which takes \
             no other login",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_do_what_was_done() {
        for status in [302, 401, 403, 407] {
            let means = refused(status, true).unwrap();
            assert!(!means.contains("--user"), "{means}");
            assert_eq!(refused(status, false), None);
        }
        assert_eq!(refused(404, true), None);
    }
}
