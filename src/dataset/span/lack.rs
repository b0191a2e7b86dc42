//! What a refusal means to whom asked for a file.

use crate::base::{Answer, Error, Kind};

/// Why there are no bytes. It is the [`source`](std::error::Error::source) of such an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lack {
    #[error("there is no such file")]
    Missing,
    #[error("the file may not be read")]
    Denied,
    #[error("the file has no such bytes")]
    Range,
    /// There is one where there must be none.
    #[cfg(feature = "object_store")]
    #[error("there is such a file already")]
    Taken,
}

/// What servers say of a file that is not there.
const MISSING: [&str; 8] = [
    "no such",
    "not found",
    "not exist",
    "n't exist",
    "cannot find",
    "can't find",
    "not a regular file",
    "not a plain file",
];

/// And of one that is not for everybody.
const DENIED: [&str; 6] = [
    "denied",
    "not permitted",
    "permission",
    "not allowed",
    "privilege",
    "forbidden",
];

impl Lack {
    /// Why `error` says that there are no bytes, if it does.
    #[cfg(feature = "object_store")]
    pub(crate) fn of(error: &Error) -> Option<Self> {
        let source = std::error::Error::source(error)?;
        source.downcast_ref().copied()
    }

    /// Why the folder of a listing cannot be listed, where the refusal tells.
    #[cfg(feature = "object_store")]
    pub(crate) fn of_listing(error: &Error) -> Option<Self> {
        let by_words = || Self::by_words(error.answer()?);
        let told = || Self::by_status(error).or_else(by_words);
        match error.kind() {
            Kind::TargetRefused => Self::of(error).or_else(told),
            _ => None,
        }
    }

    /// What an FTP server means by 550 and its like, where its words tell.
    pub(in crate::dataset) fn by_words(answer: &Answer) -> Option<Self> {
        let words = answer.to_string().to_ascii_lowercase();
        let says = |marks: &[&str]| marks.iter().any(|mark| words.contains(mark));
        match (says(&MISSING), says(&DENIED)) {
            (true, false) => Some(Self::Missing),
            (false, true) => Some(Self::Denied),
            _ => None,
        }
    }

    /// What a status of HTTP means.
    pub(super) fn by_status(error: &Error) -> Option<Self> {
        match (error.kind(), error.answer()?.code) {
            (Kind::TargetRefused, 404 | 410) => Some(Self::Missing),
            (Kind::TargetRefused, 403) => Some(Self::Denied),
            (Kind::TargetRefused, 416) => Some(Self::Range),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_servers() {
        for (code, words, lack) in [
            // vsftpd says this of a folder, of nothing, and of what may not be read.
            (550, "Failed to open file.", None),
            (550, "Could not get file size.", None),
            (550, "No such file or directory", Some(Lack::Missing)),
            (550, "/x: No such file or directory", Some(Lack::Missing)),
            (550, "d: not a regular file", Some(Lack::Missing)),
            (
                550,
                "The system cannot find the file specified.",
                Some(Lack::Missing),
            ),
            (550, "x: Permission denied", Some(Lack::Denied)),
            (550, "Access is denied.", Some(Lack::Denied)),
            (550, "Not enough privileges.", Some(Lack::Denied)),
            (550, "No such file, or permission denied", None),
        ] {
            let answer = Answer::new(code, words);
            assert_eq!(Lack::by_words(&answer), lack, "{words}");
        }
    }
}
