//! Which authorities are believed, read when they are needed.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

use crate::base::{Error, Kind, Result, Stage, Trust, text};

/// The parts of the system's trust store, or of what `SSL_CERT_FILE` and `SSL_CERT_DIR` put in its
/// place (as in OpenSSL, curl and Go). Nearly everything is vouched for by the bundle; the folder
/// has the same authorities in hundreds of files, and seldom one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// One file with all of them; without one the folders.
    Bundle,
    /// The folders.
    Folders,
}

impl Part {
    /// The authorities in it. Read once for the process: it takes milliseconds.
    pub(super) fn store(self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        // Unusual certificates in a system's store are passed over, as every TLS library does.
        store.add_parsable_certificates(self.certificates());
        store
    }

    /// The certificates in it, read anew. What cannot be read is logged and passed over.
    pub(super) fn certificates(self) -> Vec<CertificateDer<'static>> {
        let loaded = match places() {
            Places::Files { bundle, folders } => self.read(bundle.as_deref(), folders),
            Places::Keychain if self == Self::Bundle => load_native_certs(),
            Places::Keychain => CertificateResult::default(),
        };
        for error in &loaded.errors {
            tracing::warn!("system trust store: {}", text::clip(&error.to_string()));
        }
        loaded.certs
    }

    fn read(self, bundle: Option<&Path>, folders: &[PathBuf]) -> CertificateResult {
        match (self, bundle) {
            (Self::Bundle, Some(file)) => load_certs_from_paths(Some(file), None),
            (Self::Bundle, None) | (Self::Folders, Some(_)) => from_folders(folders),
            (Self::Folders, None) => CertificateResult::default(),
        }
    }
}

fn from_folders(folders: &[PathBuf]) -> CertificateResult {
    let mut all = CertificateResult::default();
    for folder in folders {
        let mut loaded = load_certs_from_paths(None, Some(folder));
        all.certs.append(&mut loaded.certs);
        all.errors.append(&mut loaded.errors);
    }
    all
}

/// Where the trust store is.
#[derive(Debug, PartialEq, Eq)]
enum Places {
    Files {
        bundle: Option<PathBuf>,
        folders: Vec<PathBuf>,
    },
    /// In no file: macOS and Windows keep it in a store of their own.
    Keychain,
}

fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| {
        let (file, folders) = (env::var_os("SSL_CERT_FILE"), env::var_os("SSL_CERT_DIR"));
        let told = Places::told(file.as_deref(), folders.as_deref());
        told.unwrap_or_else(|| Places::of_system(cfg!(any(target_vendor = "apple", windows))))
    })
}

impl Places {
    /// What the variables say, if they say anything.
    fn told(file: Option<&OsStr>, folders: Option<&OsStr>) -> Option<Self> {
        let folders: Vec<PathBuf> = folders
            .map(|list| env::split_paths(list).collect())
            .unwrap_or_default();
        let file = file.filter(|file| !file.is_empty());
        let bundle = file.map(PathBuf::from);
        let folders: Vec<PathBuf> = folders
            .into_iter()
            .filter(|folder| !folder.as_os_str().is_empty())
            .collect();
        (bundle.is_some() || !folders.is_empty()).then_some(Self::Files { bundle, folders })
    }

    fn of_system(has_keychain: bool) -> Self {
        if has_keychain {
            return Self::Keychain;
        }
        let found = openssl_probe::probe();
        Self::Files {
            bundle: found.cert_file,
            folders: found.cert_dir,
        }
    }
}

/// The certificates of `trust.ca_file`. `key` is the dotted prefix of the settings that hold the
/// trust.
///
/// # Errors
/// `ca_file` cannot be read or holds no certificate.
pub(super) fn own(trust: &Trust, key: &str) -> Result<Vec<CertificateDer<'static>>> {
    match &trust.ca_file {
        Some(file) => read(file, |what| bad(file, key, what)),
        None => Ok(Vec::new()),
    }
}

/// The same as authorities.
///
/// # Errors
/// One of them is malformed.
pub(super) fn store_of(
    own: &[CertificateDer<'static>],
    trust: &Trust,
    key: &str,
) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in own {
        store.add(certificate.clone()).map_err(|cause| {
            let file = trust.ca_file.as_deref().unwrap_or(Path::new(""));
            bad(file, key, "a certificate in it is malformed").with_source(cause)
        })?;
    }
    Ok(store)
}

fn read(file: &Path, bad: impl Fn(&str) -> Error) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|cause| match cause {
            pem::Error::Io(cause) => bad(&unreadable(&cause)),
            cause => bad("it cannot be read as PEM").with_source(cause),
        })?;
    if certificates.is_empty() {
        return Err(bad("it holds no certificate")
            .with_hint("a CA bundle is a text file with `-----BEGIN CERTIFICATE-----` blocks"));
    }
    Ok(certificates)
}

fn unreadable(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        // The kind's words are without the system's number.
        kind => format!("it cannot be read: {kind}"),
    }
}

fn bad(file: &Path, key: &str, what: &str) -> Error {
    let file = text::escape(&file.to_string_lossy());
    let doing = format!("read {key}.ca_file {file}");
    Error::new(Kind::Settings, Stage::Settings, what).while_doing(doing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_take_the_place_of_the_systems_store() {
        let told = |file: Option<&str>, folders: Option<&str>| {
            let told = Places::told(file.map(OsStr::new), folders.map(OsStr::new));
            told.map(|places| match places {
                Places::Files { bundle, folders } => (bundle, folders),
                Places::Keychain => panic!("the variables name files"),
            })
        };
        assert_eq!(told(None, None), None);
        assert_eq!(
            told(None, Some("")),
            None,
            "as for OpenSSL, empty says nothing"
        );
        assert_eq!(told(Some(""), None), None);
        let file = Some(PathBuf::from("/a.pem"));
        assert_eq!(told(Some("/a.pem"), None), Some((file.clone(), vec![])));
        let folders = vec![PathBuf::from("/b"), PathBuf::from("/c")];
        assert_eq!(told(None, Some("/b::/c")), Some((None, folders.clone())));
        assert_eq!(told(Some("/a.pem"), Some("/b:/c")), Some((file, folders)));
    }
    #[test]
    fn a_systems_own_store_is_asked_where_it_has_one() {
        assert_eq!(Places::of_system(true), Places::Keychain);
        assert!(matches!(Places::of_system(false), Places::Files { .. }));
    }
}
