//! Commands: RFC 959 section 4.1.

use std::fmt;

use zeroize::Zeroizing;

use crate::base::text;

/// The longest argument that is sent: vsftpd takes command lines of 4096 bytes, others more.
pub const ARGUMENT_MAX: usize = 4000;

/// The commands that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// TLS for the control channel (RFC 4217).
    Auth,
    /// The size of protected blocks: always 0 (RFC 4217 section 9).
    Pbsz,
    /// TLS for the data channels: always `P` (RFC 4217 section 9).
    Prot,
    /// Who logs in.
    User,
    /// The password.
    Pass,
    /// How files travel: [`TransferType`](super::TransferType).
    Type,
    /// The size of a file (RFC 3659 section 4).
    Size,
    /// The time of a file's last change (RFC 3659 section 3).
    Mdtm,
    /// A data port, IPv6 or IPv4 (RFC 2428).
    Epsv,
    /// A data port, IPv4.
    Pasv,
    /// Where the next transfer starts (RFC 3659 section 5).
    Rest,
    /// Send a file.
    Retr,
    /// Go into a folder.
    Cwd,
    /// List a folder for machines (RFC 3659 section 7).
    Mlsd,
    /// List a folder in the server's own form.
    List,
    /// List the names in a folder.
    Nlst,
    /// Take a file.
    Stor,
    /// Take bytes behind those of a file.
    Appe,
    /// Which file gets another name.
    Rnfr,
    /// The name that it gets.
    Rnto,
    /// Remove a file.
    Dele,
    /// Make a folder.
    Mkd,
    /// Nothing: shows firewalls that the control channel is in use.
    Noop,
    /// Good-bye.
    Quit,
}

impl Verb {
    /// Whether its answer comes with data.
    pub fn moves_data(self) -> bool {
        matches!(
            self,
            Self::Retr | Self::Mlsd | Self::List | Self::Nlst | Self::Stor | Self::Appe
        )
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::Pbsz => "PBSZ",
            Self::Prot => "PROT",
            Self::User => "USER",
            Self::Pass => "PASS",
            Self::Type => "TYPE",
            Self::Size => "SIZE",
            Self::Mdtm => "MDTM",
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Rest => "REST",
            Self::Retr => "RETR",
            Self::Cwd => "CWD",
            Self::Mlsd => "MLSD",
            Self::List => "LIST",
            Self::Nlst => "NLST",
            Self::Stor => "STOR",
            Self::Appe => "APPE",
            Self::Rnfr => "RNFR",
            Self::Rnto => "RNTO",
            Self::Dele => "DELE",
            Self::Mkd => "MKD",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An argument that cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadArgument {
    /// It would end the command and begin another.
    #[error("the argument of {0} contains a line end or NUL")]
    LineEnd(Verb),
    /// It is longer than [`ARGUMENT_MAX`].
    #[error("the argument of {0} is longer than {ARGUMENT_MAX} bytes")]
    TooLong(Verb),
}

/// A command with its argument, safe to send. `Debug` and `Display` hide a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    verb: Verb,
    argument: Zeroizing<Vec<u8>>,
}

impl Command {
    /// A command without argument.
    pub fn bare(verb: Verb) -> Self {
        let argument = Zeroizing::default();
        Self { verb, argument }
    }

    /// A command with an argument.
    ///
    /// # Errors
    /// The argument contains CR, LF or NUL, or is longer than [`ARGUMENT_MAX`].
    pub fn new(verb: Verb, argument: impl AsRef<[u8]>) -> Result<Self, BadArgument> {
        let argument = argument.as_ref();
        if argument.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Err(BadArgument::LineEnd(verb));
        }
        if argument.len() > ARGUMENT_MAX {
            return Err(BadArgument::TooLong(verb));
        }
        let argument = Zeroizing::new(argument.to_vec());
        Ok(Self { verb, argument })
    }

    /// The command's word.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// Appends the line to `output`.
    pub fn encode(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(self.verb.as_str().as_bytes());
        if !self.argument.is_empty() || self.verb == Verb::Pass {
            output.push(b' ');
            output.extend_from_slice(&self.argument);
        }
        output.extend_from_slice(b"\r\n");
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb.as_str())?;
        if self.verb == Verb::Pass {
            return f.write_str(" …");
        }
        if !self.argument.is_empty() {
            write!(f, " {}", text::escape_bytes(&self.argument))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verb: Verb, argument: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        Command::new(verb, argument).unwrap().encode(&mut output);
        output
    }

    #[test]
    fn lines_end_in_crlf() {
        assert_eq!(line(Verb::Retr, b"a b/\xe9"), b"RETR a b/\xe9\r\n");
        assert_eq!(line(Verb::Epsv, b""), b"EPSV\r\n");
        assert_eq!(line(Verb::Pass, b""), b"PASS \r\n", "an empty password");
    }

    #[test]
    fn an_argument_cannot_begin_another_command() {
        for bad in [b"a\r\nDELE b".as_slice(), b"a\n", b"a\r", b"a\0b"] {
            let refused = Command::new(Verb::Retr, bad).unwrap_err();
            assert_eq!(refused, BadArgument::LineEnd(Verb::Retr));
        }
        let long = vec![b'x'; ARGUMENT_MAX + 1];
        assert!(Command::new(Verb::Retr, long).is_err());
    }

    #[test]
    fn a_password_never_shows_itself() {
        let command = Command::new(Verb::Pass, "hunter2").unwrap();
        assert_eq!(format!("{command} {command:?}"), "PASS … Command(PASS …)");
    }
}
