//! Whether a name from a listing may become a local file's name.

use std::borrow::Cow;

use crate::base::Encoding;

/// The most bytes in a file's name on common file systems.
const NAME_MAX: usize = 255;

/// Why a name is not taken for a local file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsafe {
    /// Nothing, `.` or `..`.
    #[error("it names no file in the folder")]
    NoFile,
    /// A `/` or a `\`, or a drive's letter.
    #[error("it has a path in it")]
    Path,
    /// A NUL, a line end, a terminal's escape.
    #[error("it has control characters in it")]
    Control,
    /// More than 255 bytes.
    #[error("it is longer than {NAME_MAX} bytes")]
    Long,
    /// A device's name on Windows, or an end that Windows drops.
    #[error("it is reserved on Windows")]
    Reserved,
    /// It is what an unfinished download is called.
    #[error("it is what an unfinished download is called")]
    Part,
}

/// The name, if a file of that name lies in the target folder and nowhere else, on any system.
/// A name is taken whole or refused; [`safe_name`](super::safe_name) changes it.
pub fn local_name(name: &[u8]) -> Result<&[u8], Unsafe> {
    if matches!(name, b"" | b"." | b"..") {
        return Err(Unsafe::NoFile);
    }
    if has_path(name) {
        return Err(Unsafe::Path);
    }
    if String::from_utf8_lossy(name).chars().any(is_hidden) {
        return Err(Unsafe::Control);
    }
    if name.len() > NAME_MAX {
        return Err(Unsafe::Long);
    }
    if is_reserved(name) {
        return Err(Unsafe::Reserved);
    }
    if is_part(name) {
        return Err(Unsafe::Part);
    }
    Ok(name)
}

/// [`local_name`] of a name in an encoding: its characters, or its bytes where some of them have
/// none.
///
/// # Errors
/// As there.
pub fn local_name_in(name: &[u8], encoding: Option<Encoding>) -> Result<Cow<'_, [u8]>, Unsafe> {
    match encoding.and_then(|encoding| encoding.decode_exactly(name)) {
        Some(Cow::Owned(text)) => {
            local_name(text.as_bytes())?;
            Ok(Cow::Owned(text.into_bytes()))
        }
        _ => local_name(name).map(Cow::Borrowed),
    }
}

pub(super) fn has_path(name: &[u8]) -> bool {
    let drive = name.len() > 1 && name[0].is_ascii_alphabetic() && name[1] == b':';
    drive || name.contains(&b'/') || name.contains(&b'\\')
}

pub(super) fn is_part(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(b".part") || lower.windows(6).any(|six| six == b".part.")
}

pub(super) fn is_reserved(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split(|b| *b == b'.').next().unwrap_or(&lower);
    is_device(stem.trim_ascii_end()) || matches!(name.last(), Some(b'.' | b' '))
}

/// Control characters, and those that turn the direction of writing.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_device(stem: &[u8]) -> bool {
    match stem {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}
