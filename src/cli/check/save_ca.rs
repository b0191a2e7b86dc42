//! `--save-ca`: the authority of a certificate that is not trusted.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::base::{Code, Result, text};
use crate::check::{Report, Shown};
use crate::cli::output::Output;
use crate::dataset::local;
use crate::tls::pem;

/// Where to write it.
pub(super) struct SaveCa {
    file: PathBuf,
}

impl SaveCa {
    /// Into a file that is not there yet.
    ///
    /// # Errors
    /// It is there.
    pub fn new(file: &Path) -> Result<Self> {
        match file.try_exists() {
            Ok(false) => Ok(Self {
                file: file.to_owned(),
            }),
            Ok(true) => Err(local(
                file,
                "write",
                std::io::ErrorKind::AlreadyExists.into(),
            )),
            Err(cause) => Err(local(file, "write", cause)),
        }
    }

    /// Shows whose certificate is not trusted, and writes its authority, if the server sent it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn tell(&self, report: &Report, output: &Output) -> Result<()> {
        let untrusted = report.failure.as_ref().filter(|error| {
            matches!(
                error.code(),
                Code::TlsInspected | Code::TlsUnknownIssuer | Code::TlsSelfSigned
            )
        });
        let Some(shown) = untrusted.and_then(|_| report.tls.last()) else {
            output.say("outbound: --save-ca: no certificate is untrusted: nothing was written");
            return Ok(());
        };
        let Some((authority, der)) = shown.authority() else {
            output.say(&lacking(shown));
            return Ok(());
        };
        output.say(&format!(
            "outbound: the authority that {} showed: {}\n  issued by  {}\n  valid      from {} to {}\n  \
             sha256     {}",
            shown.subject,
            text::clip(&authority.subject),
            text::clip(&authority.issuer),
            authority.first_day(),
            authority.last_day(),
            authority.fingerprint(),
        ));
        write(&self.file, &pem(der)).map_err(|cause| local(&self.file, "write", cause))?;
        let file = text::escape(&self.file.to_string_lossy());
        let root = match authority.is_self_issued {
            true => String::new(),
            false => format!(
                "; it is not the root: that is {}, which the server did not send",
                text::clip(&authority.issuer)
            ),
        };
        output.say(&format!(
            "outbound: written to {file}{root}. Anybody on the way can show such a certificate: compare \
             the fingerprint with your company's before you set ca_file = {file:?}"
        ));
        Ok(())
    }
}

/// What to say of a chain without an authority.
fn lacking(shown: &Shown) -> String {
    format!(
        "outbound: --save-ca: {} sent no certificate of an authority, so that nothing was written: ask \
         whoever runs it, or the proxy team, for that of {}",
        shown.subject,
        text::clip(&shown.leaf().issuer)
    )
}

fn write(file: &Path, pem: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(file)?;
    file.write_all(pem.as_bytes())
}
