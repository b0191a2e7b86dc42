//! `--save-ca`: the authority of a certificate that is not trusted.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Code, Error, Kind, Result, Stage, text};
use crate::check::{Report, Shown};
use crate::cli::output::Output;
use crate::cli::whole;
use crate::proto::certificate::Certificate;
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
        let file = file.to_owned();
        if file == Path::new("-") {
            let what = "--save-ca wants a file: a certificate among reports would be lost";
            return Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint("name a file"));
        }
        whole::is_free(&file).map_err(|cause| unwritten(&file, cause))?;
        Ok(Self { file })
    }

    /// Shows whose certificates are not trusted, and writes the first authority that a server sent.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn tell<'r>(
        &self,
        reports: impl Iterator<Item = &'r Report>,
        output: &Output,
    ) -> Result<()> {
        let mut untrusted = reports.filter_map(untrusted).peekable();
        if untrusted.peek().is_none() {
            output.say("outbound: --save-ca: no certificate is untrusted: nothing was written");
        }
        let mut written: Option<[u8; 32]> = None;
        for shown in untrusted {
            match shown.authority() {
                None => output.say(&lacking(shown)),
                Some((authority, der)) if written.is_none() => {
                    self.write(shown, authority, der, output)?;
                    written = Some(authority.sha256);
                }
                Some((authority, _)) if written != Some(authority.sha256) => {
                    output.say(&format!(
                        "outbound: --save-ca: {} showed another authority, {}, which was not written: \
                         save that by a check of its own",
                        shown.subject,
                        text::clip(&authority.subject)
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn write(
        &self,
        shown: &Shown,
        authority: &Certificate,
        der: &[u8],
        output: &Output,
    ) -> Result<()> {
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
        whole::write(&self.file, &pem(der), false, false)
            .map_err(|cause| unwritten(&self.file, cause))?;
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

/// The certificates that were shown in the handshake that failed for want of trust.
fn untrusted(report: &Report) -> Option<&Shown> {
    let code = report.failure.as_ref()?.code();
    let wanted = [
        Code::TlsInspected,
        Code::TlsUnknownIssuer,
        Code::TlsSelfSigned,
    ];
    report.tls.last().filter(|_| wanted.contains(&code))
}

fn unwritten(file: &Path, cause: io::Error) -> Error {
    whole::unwritten(file, cause, "name a file that is not there yet")
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
